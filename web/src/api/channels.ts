/** Ways out (notifiers) and signs of life in (heartbeats). Times are epoch milliseconds. */

import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { heartbeatCreate } from '../../../src/verbs/heartbeat/create.ts';
import type { heartbeatList } from '../../../src/verbs/heartbeat/list.ts';
import type { notifierList } from '../../../src/verbs/notifier/list.ts';
import type { notifierTest } from '../../../src/verbs/notifier/send-test.ts';
import type { AnswerOf } from './answer.ts';
import { request } from './request.ts';

export type NotifierView = AnswerOf<typeof notifierList>[number];

export type TestResult = AnswerOf<typeof notifierTest>;

export type HeartbeatView = AnswerOf<typeof heartbeatList>[number];

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

export type PingAddress = AnswerOf<typeof heartbeatCreate>;

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
