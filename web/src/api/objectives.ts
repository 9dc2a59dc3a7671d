/** Objectives of services. Times are epoch milliseconds, shares 0 to 1. */

import { queryOptions } from '@tanstack/react-query';
import type { sloShow } from '../../../src/verbs/slo/show.ts';
import type { SloView as ObjectiveView } from '../../../src/verbs/slo/view.ts';
import type { AnswerOf } from './answer.ts';
import { request } from './request.ts';

export type { ObjectiveView };

export type BurnWindow = ObjectiveView['windows'][number];

export type ObjectiveDetail = ServiceObjectives['objectives'][number];

export type ServiceObjectives = AnswerOf<typeof sloShow>;

export const objectivesQuery = queryOptions({
  queryKey: ['objectives'],
  queryFn: ({ signal }) =>
    request<{ objectives: ObjectiveView[]; frozen: readonly string[] }>('GET', '/slos', { signal }),
  refetchInterval: 60_000,
});

export const serviceObjectivesQuery = (service: string) =>
  queryOptions({
    queryKey: ['objectives', service],
    queryFn: ({ signal }) =>
      request<ServiceObjectives>('GET', `/slos/${encodeURIComponent(service)}`, { signal }),
    refetchInterval: 60_000,
  });
