/** Ways out (notifiers) and signs of life in (heartbeats). Times are epoch milliseconds. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { request } from './request.ts';

export interface NotifierView {
  readonly name: string;
  readonly kind: string;
  readonly fallback: string | null;
  readonly state: 'closed' | 'open' | 'half-open';
  readonly failuresInARow: number;
  readonly openUntil: number | null;
  readonly lastDeliveredAt: number | null;
  readonly lastFailureAt: number | null;
  readonly lastFailure: string | null;
  readonly waiting: number;
  readonly oldestWaitingAt: number | null;
}

export interface TestResult {
  readonly ok: boolean;
  readonly notifier: string;
  readonly detail: string;
  readonly ms: number;
}

export interface HeartbeatView {
  readonly target: string;
  readonly hasAddress: boolean;
  readonly createdAt: number | null;
  readonly createdBy: string | null;
  readonly lastAt: number | null;
  readonly outcome: 'success' | 'failure' | null;
  readonly reason: string | null;
  readonly durationMs: number | null;
  readonly runs: number;
  readonly output: string | null;
}

export const notifiersQuery = queryOptions({
  queryKey: ['notifiers'],
  queryFn: ({ signal }) => request<NotifierView[]>('GET', '/notifiers', { signal }),
  refetchInterval: 30_000,
});

export const heartbeatsQuery = queryOptions({
  queryKey: ['heartbeats'],
  queryFn: ({ signal }) => request<HeartbeatView[]>('GET', '/heartbeats', { signal }),
  refetchInterval: 30_000,
});

export interface PingAddress {
  readonly target: string;
  readonly url: string;
  /** After the job's command in a crontab line. */
  readonly report: string;
  readonly start: string;
  readonly reachable: string;
}

/** The address is answered this once; the one before ends. */
export function usePingAddress() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ target, replaces }: { target: string; replaces: boolean }) =>
      replaces
        ? request<PingAddress>('POST', `/heartbeats/${encodeURIComponent(target)}/rotate`, { body: {} })
        : request<PingAddress>('POST', '/heartbeats', { body: { target } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['heartbeats'] }),
  });
}

export function useTestNotifier() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) =>
      request<TestResult>('POST', `/notifiers/${encodeURIComponent(name)}/test`, { body: {} }),
    onSettled: () => client.invalidateQueries({ queryKey: ['notifiers'] }),
  });
}
