/** Incidents: lists by filter, and what people do with one. Times are epoch milliseconds. */

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { ActionItem } from '../../../src/core/incident/action-item.ts';
import type { IncidentStatistics } from '../../../src/core/incident/statistics.ts';
import type { Level } from '../../../src/core/severity.ts';
import type { IncidentView } from '../../../src/core/view.ts';
import type { incidentPostmortem } from '../../../src/verbs/incident/postmortem.ts';
import type { incidentUpdates } from '../../../src/verbs/incident/updates.ts';
import type { AnswerOf } from './answer.ts';
import { useChange } from './changes.ts';
import { queryText, request } from './request.ts';

export type IncidentFilter = 'open' | 'unacknowledged' | 'resolved' | 'all';

export interface IncidentsSearch {
  readonly status?: IncidentFilter | undefined;
  readonly level?: Level | undefined;
  readonly service?: string | undefined;
  readonly target?: string | undefined;
  readonly text?: string | undefined;
  /** Open within so long: `7d`. */
  readonly from?: '1d' | '7d' | '30d' | '90d' | undefined;
}

export const incidentsPage = 50;

export const incidentsQuery = (search: IncidentsSearch) =>
  infiniteQueryOptions({
    queryKey: ['incidents', search],
    queryFn: ({ pageParam, signal }) =>
      request<IncidentView[]>(
        'GET',
        `/incidents${queryText({ ...search, status: search.status ?? 'open', limit: incidentsPage, before: pageParam })}`,
        { signal },
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page.length < incidentsPage ? undefined : page.at(-1)?.id),
    placeholderData: (before) => before,
  });

export type UpdatesView = AnswerOf<typeof incidentUpdates>;

export const updatesQuery = (id: string) =>
  queryOptions({
    queryKey: ['incident', id, 'updates'],
    queryFn: ({ signal }) =>
      request<UpdatesView>('GET', `/incidents/${encodeURIComponent(id)}/updates`, { signal }),
  });

export type PostmortemView = AnswerOf<typeof incidentPostmortem>;

export const requestPostmortem = (id: string, format: PostmortemView['format'], signal?: AbortSignal) =>
  request<PostmortemView>(
    'GET',
    `/incidents/${encodeURIComponent(id)}/postmortem${queryText({ format })}`,
    signal === undefined ? {} : { signal },
  );

export const postmortemQuery = (id: string) =>
  queryOptions({
    queryKey: ['incident', id, 'postmortem'],
    queryFn: ({ signal }) => requestPostmortem(id, 'markdown', signal),
  });

export const statisticsQuery = queryOptions({
  queryKey: ['incidents', 'statistics'],
  queryFn: ({ signal }) => request<IncidentStatistics>('GET', '/statistics/incidents', { signal }),
  staleTime: 60_000,
});

const touched = [['incident'], ['incidents'], ['overview'], ['journal']];

/** One change of an incident: the last part of the route, and what goes with it. */
export interface IncidentChange {
  readonly what:
    | 'assign'
    | 'roles'
    | 'level'
    | 'notes'
    | 'impact'
    | 'merge'
    | 'split'
    | 'updates'
    | 'postmortem';
  readonly body: Readonly<Record<string, unknown>>;
}

export function useChangeIncident(id: string) {
  return useChange(
    ({ what, body }: IncidentChange) =>
      request<unknown>('POST', `/incidents/${encodeURIComponent(id)}/${what}`, { body }),
    touched,
  );
}

export interface Declaration {
  readonly title: string;
  readonly level: Level;
  readonly services: readonly string[];
  readonly targets: readonly string[];
  readonly note: string;
}

export function useDeclare() {
  return useChange((body: Declaration) => request<IncidentView>('POST', '/incidents', { body }), touched);
}

export function useAddActionItem() {
  return useChange(
    (body: { incident: string; task: string; owner?: string; due?: string }) =>
      request<ActionItem>('POST', '/action-items', { body }),
    touched,
  );
}

export function useCloseActionItem() {
  return useChange(
    ({ id, outcome }: { id: string; outcome: 'done' | 'dropped' }) =>
      request<ActionItem>('POST', `/action-items/${encodeURIComponent(id)}/close`, { body: { outcome } }),
    touched,
  );
}
