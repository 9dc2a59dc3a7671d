/** The change ledger. Times are epoch milliseconds. */
import { queryOptions } from '@tanstack/react-query';
import type { Change } from '../../../src/core/change.ts';
import { serverNow } from './connection.ts';
import { queryText, request } from './request.ts';

const minuteMs = 60_000;

/** Of a target and of what it needs, since `from`; newest first. */
export const changesQuery = (target: string, from: number) =>
  queryOptions({
    // By the minute: a span that slides with the clock is not asked anew each second.
    queryKey: ['changes', target, Math.floor(from / minuteMs)],
    queryFn: ({ signal }) => {
      const since = `${Math.max(1, Math.ceil((serverNow() - from) / minuteMs))}m`;
      return request<Change[]>('GET', `/changes${queryText({ target, since })}`, { signal });
    },
    refetchInterval: 30_000,
    placeholderData: (before) => before,
  });
