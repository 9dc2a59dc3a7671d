/** Questions in plain words, and logs. */
import { queryOptions } from '@tanstack/react-query';
import type { LogPatternsView } from '../../../src/verbs/log/patterns.ts';
import type { LogSearchView } from '../../../src/verbs/log/search.ts';
import type { QuestionView } from '../../../src/verbs/question/ask.ts';
import { queryText, request } from './request.ts';

export type { LogPatternsView, LogSearchView, QuestionView };

/** Looks at history and at what is now: takes seconds, and is asked again only when somebody asks again. */
export const questionQuery = (text: string) =>
  queryOptions({
    queryKey: ['question', text],
    queryFn: ({ signal }) => request<QuestionView>('GET', `/questions${queryText({ text })}`, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    retry: false,
  });

export type LogLevel = LogSearchView['lines'][number]['level'];

export interface LogsSearch {
  readonly target?: string | undefined;
  readonly text?: string | undefined;
  readonly level?: LogLevel | undefined;
  readonly since?: '10m' | '1h' | '6h' | '24h' | undefined;
}

const usualSince = '1h';

export const logLinesQuery = (target: string, { text, level, since = usualSince }: LogsSearch) =>
  queryOptions({
    queryKey: ['logs', target, 'lines', text, level, since],
    queryFn: ({ signal }) =>
      request<LogSearchView>(
        'GET',
        `/logs/${encodeURIComponent(target)}${queryText({ text, level, since, limit: 200 })}`,
        { signal },
      ),
    refetchInterval: 10_000,
    retry: false,
    placeholderData: (before) => (before?.target === target ? before : undefined),
  });

export const logPatternsQuery = (target: string, { level, since = usualSince }: LogsSearch) =>
  queryOptions({
    queryKey: ['logs', target, 'patterns', level, since],
    queryFn: ({ signal }) =>
      request<LogPatternsView>(
        'GET',
        `/logs/${encodeURIComponent(target)}/patterns${queryText({ level, since })}`,
        { signal },
      ),
    refetchInterval: 10_000,
    retry: false,
    placeholderData: (before) => (before?.target === target ? before : undefined),
  });
