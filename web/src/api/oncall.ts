/** Who is on call. Times are epoch milliseconds. */

import { queryOptions } from '@tanstack/react-query';
import type {
  DutyView,
  FeedView,
  HandOffNoteView,
  HandOffView,
  LoadView,
  OverrideView,
  ScheduleView,
} from '../../../src/core/oncall/view.ts';
import type { oncallList } from '../../../src/verbs/oncall/list.ts';
import type { AnswerOf } from './answer.ts';
import { useChange } from './changes.ts';
import { queryText, request } from './request.ts';

export type OnCallView = AnswerOf<typeof oncallList>;

export const oncallQuery = queryOptions({
  queryKey: ['oncall', 'list'],
  queryFn: ({ signal }) => request<OnCallView>('GET', '/oncall', { signal }),
});

export const dutyQuery = queryOptions({
  queryKey: ['oncall', 'now'],
  queryFn: ({ signal }) => request<DutyView[]>('GET', '/oncall/now', { signal }),
  refetchInterval: 60_000,
});

export const scheduleQuery = (from: number, to: number) =>
  queryOptions({
    queryKey: ['oncall', 'schedule', from, to],
    queryFn: ({ signal }) =>
      request<ScheduleView[]>(
        'GET',
        `/oncall/schedule${queryText({ from: new Date(from).toISOString(), to: new Date(to).toISOString() })}`,
        { signal },
      ),
    placeholderData: (before) => before,
  });

export const loadQuery = (days: number) =>
  queryOptions({
    queryKey: ['oncall', 'load', days],
    queryFn: ({ signal }) => request<LoadView>('GET', `/oncall/load${queryText({ days })}`, { signal }),
  });

const touched = [['oncall'], ['journal']];

export interface NewOverride {
  readonly rotation: string;
  readonly person: string;
  /** Wall clock time in the zone of the rotation; now when left out. */
  readonly from?: string;
  readonly to: string;
  readonly why: string;
}

export function useOverride() {
  return useChange(
    (body: NewOverride) => request<OverrideView>('POST', '/oncall/overrides', { body }),
    touched,
  );
}

export function useSwap() {
  return useChange(
    (body: NewOverride & { readonly with: string }) =>
      request<OverrideView[]>('POST', '/oncall/swaps', { body }),
    touched,
  );
}

export function useCancelOverride() {
  return useChange(
    (id: string) => request<unknown>('DELETE', `/oncall/overrides/${encodeURIComponent(id)}`),
    touched,
  );
}

export const handOffQuery = queryOptions({
  queryKey: ['oncall', 'hand-off'],
  queryFn: ({ signal }) => request<HandOffView[]>('GET', '/oncall/handoff', { signal }),
});

export function useWriteNote() {
  return useChange(
    (body: { rotation: string; text: string }) => request<HandOffNoteView>('POST', '/oncall/notes', { body }),
    touched,
  );
}

export const feedsQuery = queryOptions({
  queryKey: ['oncall', 'feeds'],
  queryFn: ({ signal }) => request<FeedView[]>('GET', '/oncall/feeds', { signal }),
});

/** The address is answered this once. */
export function useGiveFeed() {
  return useChange(
    (body: { person: string } | { rotation: string }) =>
      request<{ url: string }>('POST', '/oncall/feeds', { body }),
    touched,
  );
}

export function useEndFeed() {
  return useChange(
    ({ kind, name }: Pick<FeedView, 'kind' | 'name'>) =>
      request('DELETE', `/oncall/feeds/${kind}/${encodeURIComponent(name)}`),
    touched,
  );
}
