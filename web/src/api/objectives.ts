/** Objectives of services. Times are epoch milliseconds, shares 0 to 1. */
import { queryOptions } from '@tanstack/react-query';
import type { SeriesView } from '../../../src/core/view.ts';
import { request } from './request.ts';
import type { FiringView } from './rules.ts';

export interface BurnWindow {
  readonly severity: string;
  readonly longMs: number;
  readonly shortMs: number;
  /** Times as fast as the budget lasts; both windows above it alert. */
  readonly factor: number;
  readonly long: number | null;
  readonly short: number | null;
  readonly events: number;
  readonly bad: number;
  readonly holds: boolean;
}

export interface ObjectiveView {
  readonly service: string;
  readonly objective: string;
  readonly target: number;
  readonly latencyBelowMs: number | null;
  readonly periodMs: number;
  /** `requests` are counted events, `time` results of checks, `checks` the latencies of checks. */
  readonly by: 'requests' | 'time' | 'checks';
  readonly state: string;
  readonly reason: string | null;
  readonly measured: number | null;
  /** Share of the budget; below 0 when it is overspent. */
  readonly left: number | null;
  readonly words: string;
  readonly span: string;
  /** Of the period, what was measured. */
  readonly measuredMs: number;
  readonly burn: number | null;
  readonly exhaustedAt: number | null;
  readonly isEnabled: boolean;
  readonly page: string | null;
  readonly ticket: string | null;
  readonly windows: readonly BurnWindow[];
}

export interface ObjectiveDetail extends ObjectiveView {
  readonly burnHistory: SeriesView | null;
  readonly budgetHistory: SeriesView | null;
}

export interface ServiceObjectives {
  readonly service: string;
  readonly from: number;
  readonly to: number;
  readonly objectives: readonly ObjectiveDetail[];
  readonly isFrozen: boolean;
  readonly firings: readonly FiringView[];
}

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
