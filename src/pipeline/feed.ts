/** Publishes journal entries in their order once they are committed, and targets as they are checked. */
import type { JournalEntry, LiveEvent } from '../core/view.ts';
import * as journal from '../store/journal.ts';
import type { Desk } from './desk.ts';

export interface Feed {
  subscribe(listener: (event: LiveEvent) => void): () => void;
  publish(event: LiveEvent): void;
  readonly hasListeners: boolean;
  readonly startedAt: number;
  stop(): void;
}

export async function createFeed(desk: Desk): Promise<Feed> {
  const listeners = new Set<(event: LiveEvent) => void>();
  const [newest] = await journal.list(desk.store.db, { limit: 1 });
  let lastSeq = newest?.seq ?? 0;
  let isReading = false;
  let isDirty = false;

  async function readNew() {
    isDirty = true;
    if (isReading) return;
    isReading = true;
    try {
      while (isDirty) {
        isDirty = false;
        const entries = await journal.list(desk.store.db, { after: lastSeq, limit: 500 });
        for (const entry of entries.toSorted((a, b) => a.seq - b.seq)) publishEntry(entry);
        if (entries.length === 500) isDirty = true;
      }
    } catch (error) {
      desk.log.error('the journal could not be read for the live stream', { error: String(error) });
    } finally {
      isReading = false;
    }
  }

  function publishEntry(entry: JournalEntry) {
    lastSeq = entry.seq;
    publish({ type: 'journal', entry });
  }

  function publish(event: LiveEvent) {
    for (const listener of listeners) listener(event);
  }

  const unsubscribe = desk.onChange(() => void readNew());
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    publish,
    get hasListeners() {
      return listeners.size > 0;
    },
    startedAt: desk.clock.now(),
    stop: unsubscribe,
  };
}
