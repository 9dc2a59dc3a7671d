/** What is held back, by silences and maintenance windows. Times are epoch milliseconds. */

import { queryOptions } from '@tanstack/react-query';
import type { maintenanceSuggest } from '../../../src/verbs/maintenance/suggest.ts';
import type { WindowView } from '../../../src/verbs/maintenance/view.ts';
import type { SilenceView } from '../../../src/verbs/silence/view.ts';
import type { AnswerOf } from './answer.ts';
import { useChange } from './changes.ts';
import { queryText, request } from './request.ts';

export type { SilenceView, WindowView };

export interface Stretch {
  readonly startsAt: number;
  readonly endsAt: number;
}

export type QuietHoursView = AnswerOf<typeof maintenanceSuggest>;

export const silencesQuery = (isAll: boolean) =>
  queryOptions({
    queryKey: ['silences', isAll],
    queryFn: ({ signal }) =>
      request<SilenceView[]>('GET', `/silences${queryText({ all: isAll ? 'true' : undefined })}`, { signal }),
    refetchInterval: 30_000,
  });

export const windowsQuery = queryOptions({
  queryKey: ['maintenance'],
  queryFn: ({ signal }) => request<WindowView[]>('GET', '/maintenance', { signal }),
  refetchInterval: 60_000,
});

export const quietHoursQuery = (length: string, services: readonly string[]) =>
  queryOptions({
    queryKey: ['quiet-hours', length, ...services],
    queryFn: ({ signal }) =>
      request<QuietHoursView>(
        'GET',
        `/maintenance/suggest${queryText({ for: length, services: services.join(',') })}`,
        { signal },
      ),
    staleTime: 600_000,
    retry: false,
  });

const touched = [['silences'], ['maintenance'], ['overview'], ['target'], ['journal']];

export interface NewSilence {
  readonly matchers: readonly string[];
  readonly for: string;
  readonly reason: string;
  readonly force?: true;
}

export function useCreateSilence() {
  return useChange((body: NewSilence) => request<SilenceView>('POST', '/silences', { body }), touched);
}

export function useEndSilence() {
  return useChange(
    (id: string) => request<SilenceView>('DELETE', `/silences/${encodeURIComponent(id)}`),
    touched,
  );
}

export interface NewWindow {
  readonly name: string;
  readonly what?: string;
  readonly starts: string;
  readonly for: string;
  readonly repeat?: string;
  readonly targets: readonly string[];
  readonly services: readonly string[];
  readonly impact?: string;
  readonly notify?: readonly string[];
}

export function useScheduleWindow() {
  return useChange((body: NewWindow) => request<WindowView>('POST', '/maintenance', { body }), touched);
}

export function useCancelWindow() {
  return useChange(
    (name: string) => request<unknown>('DELETE', `/maintenance/${encodeURIComponent(name)}`),
    touched,
  );
}
