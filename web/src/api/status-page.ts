/** The public status page as those who run it see it. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { StatusPageView, SubscriberView } from '../../../src/core/status-page.ts';
import { useChange } from './changes.ts';
import { request } from './request.ts';

export const statusPageQuery = queryOptions({
  queryKey: ['status-page'],
  queryFn: ({ signal }) => request<StatusPageView>('GET', '/status-page', { signal }),
  refetchInterval: 30_000,
});

export const subscribersQuery = queryOptions({
  queryKey: ['status-page', 'subscribers'],
  queryFn: ({ signal }) => request<SubscriberView[]>('GET', '/status-page/subscribers', { signal }),
});

export function useWriteStatusPage() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => request<StatusPageView>('POST', '/status-page/render', { body: {} }),
    onSuccess: (view) => client.setQueryData(statusPageQuery.queryKey, view),
  });
}

export function useNewStatusAddress() {
  return useChange(
    () => request<{ url: string }>('POST', '/status-page/link', { body: {} }),
    [['status-page'], ['journal']],
  );
}

export function useRemoveSubscriber() {
  return useChange(
    (address: string) => request('DELETE', `/status-page/subscribers/${encodeURIComponent(address)}`),
    [['status-page'], ['journal']],
  );
}
