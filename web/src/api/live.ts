import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import type { JournalEntry, LiveEvent, Overview, TargetDetail, TargetView } from '../../../src/core/view.ts';
import { heardFromServer, readConnection, setConnection } from './connection.ts';

const flushMs = 500;
const firstRetryMs = 1_000;
const longestRetryMs = 10_000;
/** A quiet stream is asked by a request; what stays quiet longer is opened anew. */
const quietMs = 20_000;
export const staleMs = 45_000;

/**
 * Follows the event stream into the query cache until the returned function is called.
 * Every `hello` means that events may have been missed, so everything shown is asked again.
 */
export function followEvents(client: QueryClient): () => void {
  const pending = new Map<string, TargetView>();
  let journalMoved = false;
  let source: EventSource | null = null;
  let retryMs = firstRetryMs;
  let retryTimer: number | undefined;

  let mayHaveMissed = false;

  function lose(): void {
    mayHaveMissed = true;
    if (readConnection().phase !== 'lost') setConnection({ phase: 'lost', lostAt: Date.now() });
  }

  function receive(event: LiveEvent): void {
    heardFromServer();
    if (event.type === 'hello') {
      if (mayHaveMissed) void client.invalidateQueries();
      mayHaveMissed = false;
    } else if (event.type === 'target') {
      pending.set(event.target.name, event.target);
    } else {
      journalMoved = true;
      prepend(client, event.entry);
    }
  }

  function open(): void {
    source = new EventSource('/api/v1/events');
    source.onopen = () => {
      retryMs = firstRetryMs;
      heardFromServer();
      setConnection({ phase: 'open', lostAt: null });
    };
    source.onerror = () => {
      lose();
      // The browser retries by itself unless the answer was an error, a 502 of a proxy say.
      if (source?.readyState === EventSource.CLOSED) {
        void client.invalidateQueries({ queryKey: ['session'] });
        retryTimer = window.setTimeout(open, retryMs);
        retryMs = Math.min(retryMs * 2, longestRetryMs);
      }
    };
    for (const type of ['hello', 'target', 'journal']) {
      source.addEventListener(type, (message) => receive(read(type, message.data)));
    }
    source.addEventListener('ping', () => heardFromServer());
  }

  const flushTimer = window.setInterval(() => {
    if (pending.size > 0) {
      const views = new Map(pending);
      pending.clear();
      if (applyTargets(client, views)) journalMoved = true;
    }
    if (journalMoved) {
      journalMoved = false;
      void client.invalidateQueries({ predicate: ({ queryKey }) => followsJournal.has(String(queryKey[0])) });
    }
  }, flushMs);

  const watchTimer = window.setInterval(() => {
    const { heardAt, phase } = readConnection();
    const quietFor = heardAt === null ? 0 : Date.now() - heardAt;
    if (phase === 'open' && quietFor > quietMs) void client.invalidateQueries({ queryKey: ['overview'] });
    if (phase === 'open' && quietFor > staleMs) {
      source?.close();
      lose();
      open();
    }
  }, 5_000);

  open();
  return () => {
    source?.close();
    clearTimeout(retryTimer);
    clearInterval(flushTimer);
    clearInterval(watchTimer);
  };
}

const followsJournal = new Set([
  'overview',
  'incidents',
  'incident',
  'actions',
  'action',
  'configuration',
  'tokens',
  'silences',
  'maintenance',
  'oncall',
  'notifiers',
  'heartbeats',
  'rules',
  'objectives',
]);

/** The data is either the whole event or what it carries. */
function read(type: string, data: string): LiveEvent {
  const value = JSON.parse(data);
  return value.type === type ? value : { type, ...(type === 'hello' ? value : { [bodyOf(type)]: value }) };
}

function bodyOf(type: string): string {
  return type === 'journal' ? 'entry' : 'target';
}

function prepend(client: QueryClient, entry: JournalEntry): void {
  for (const [key] of client.getQueriesData({ queryKey: ['journal'] })) {
    const subject = key[1];
    if (subject !== '' && subject !== entry.subject) continue;
    client.setQueryData<InfiniteData<JournalEntry[]>>(key, (old) => {
      const [first, ...rest] = old?.pages ?? [];
      if (old === undefined || first === undefined || (first[0]?.seq ?? 0) >= entry.seq) return old;
      return { ...old, pages: [[entry, ...first], ...rest] };
    });
  }
}

/** Says whether a target's health changed, which moves more than its own row. */
function applyTargets(client: QueryClient, views: ReadonlyMap<string, TargetView>): boolean {
  let isHealthMoved = false;
  client.setQueryData<Overview>(['overview'], (old) => {
    if (old === undefined) return old;
    const targets = old.targets.map((target) => {
      const next = views.get(target.name);
      if (next && next.health !== target.health) isHealthMoved = true;
      // An event does not say why it fires; the next overview does.
      return next ? { ...target, ...next } : target;
    });
    return { ...old, targets };
  });
  for (const [name, view] of views) {
    client.setQueryData<TargetDetail>(['target', name], (old) => (old ? { ...old, ...view } : old));
  }
  return isHealthMoved;
}
