import { queryOptions } from '@tanstack/react-query';
import type { ScoreboardView } from '../../../src/verbs/drill/scoreboard.ts';
import { request } from './request.ts';

export type { ScoreboardView };
export type DrillScore = ScoreboardView['scores'][number];

export const drillsQuery = queryOptions({
  queryKey: ['drills'],
  queryFn: ({ signal }) => request<ScoreboardView>('GET', '/drills', { signal }),
  retry: false,
});
