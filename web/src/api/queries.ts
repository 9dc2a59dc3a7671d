import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type {
  ActionView,
  IncidentDetail,
  JournalEntry,
  Overview,
  SamplesView,
  TargetDetail,
} from '../../../src/core/view.ts';
import { heardFromServer } from './connection.ts';
import { queryText, request } from './request.ts';
import type { ConfigurationView, DailyReport, Session, TokenView } from './shapes.ts';

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => request<Session>('GET', '/session', { signal }),
  staleTime: 60_000,
});

export const overviewQuery = queryOptions({
  queryKey: ['overview'],
  queryFn: async ({ signal }) => {
    const overview = await request<Overview>('GET', '/overview', { signal });
    heardFromServer(overview.at);
    return overview;
  },
  refetchInterval: 30_000,
});

export const targetQuery = (name: string) =>
  queryOptions({
    queryKey: ['target', name],
    queryFn: ({ signal }) => request<TargetDetail>('GET', `/targets/${encodeURIComponent(name)}`, { signal }),
    refetchInterval: 10_000,
  });

export interface SamplesRequest {
  readonly target: string;
  readonly metric: string;
  /** Either a span that ends now or a fixed piece of time. */
  readonly span: { readonly lastMs: number } | { readonly from: number; readonly to: number };
  readonly points: number;
  readonly refetchMs: number | false;
}

export const samplesQuery = ({ target, metric, span, points, refetchMs }: SamplesRequest) =>
  queryOptions({
    queryKey: ['samples', target, metric, span],
    queryFn: ({ signal }) => {
      const to = 'to' in span ? span.to : Date.now();
      const from = 'from' in span ? span.from : to - span.lastMs;
      const step = Math.max(1_000, Math.ceil((to - from) / points / 1_000) * 1_000);
      const text = queryText({ target, metric, from: Math.floor(from), to: Math.ceil(to), step });
      return request<SamplesView>('GET', `/samples${text}`, { signal });
    },
    refetchInterval: refetchMs,
    placeholderData: (before) => (before?.target === target && before.metric === metric ? before : undefined),
  });

export const incidentQuery = (id: string) =>
  queryOptions({
    queryKey: ['incident', id],
    queryFn: ({ signal }) =>
      request<IncidentDetail>('GET', `/incidents/${encodeURIComponent(id)}`, { signal }),
  });

export const actionsQuery = queryOptions({
  queryKey: ['actions'],
  queryFn: ({ signal }) => request<ActionView[]>('GET', '/actions', { signal }),
});

export const actionQuery = (id: string) =>
  queryOptions({
    queryKey: ['action', id],
    queryFn: ({ signal }) => request<ActionView>('GET', `/actions/${encodeURIComponent(id)}`, { signal }),
  });

export const journalPage = 50;

export const journalQuery = (subject: string) =>
  infiniteQueryOptions({
    queryKey: ['journal', subject],
    queryFn: ({ pageParam, signal }) =>
      request<JournalEntry[]>(
        'GET',
        `/journal${queryText({ limit: journalPage, before: pageParam, subject })}`,
        { signal },
      ),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => (page.length < journalPage ? undefined : page.at(-1)?.seq),
  });

export const configurationQuery = queryOptions({
  queryKey: ['configuration'],
  queryFn: ({ signal }) => request<ConfigurationView>('GET', '/configuration', { signal }),
});

export const tokensQuery = queryOptions({
  queryKey: ['tokens'],
  queryFn: ({ signal }) => request<TokenView[]>('GET', '/tokens', { signal }),
});

export const reportQuery = queryOptions({
  queryKey: ['report'],
  queryFn: ({ signal }) => request<DailyReport>('GET', '/reports/daily', { signal }),
});
