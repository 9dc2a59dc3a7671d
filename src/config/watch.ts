/** Sees every change of upkeep.yaml and the `.env` beside it. */
import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Clock } from '../core/time.ts';

export interface WatchInput<Reading> {
  readonly file: string;
  readonly clock: Clock;
  readonly load: () => Reading;
  /** Gets the new reading, good or bad; never called twice for the same text. */
  readonly onReading: (reading: Reading) => void;
  /** Quiet time after the last sign of a change. */
  readonly settleMs?: number;
  /** Network folders and exhausted inotify watches give no signs at all. */
  readonly pollMs?: number;
}

export function watchConfiguration<Reading>(input: WatchInput<Reading>): { stop(): void } {
  const file = resolve(input.file);
  const { settleMs = 150, pollMs = 5_000, clock } = input;
  let seen = contents(file);
  let isStopped = false;
  let isGone = false;
  let cancelSettle = () => {};
  let cancelPoll = () => {};

  const check = () => {
    if (isStopped) return;
    const now = contents(file);
    // Editors that write by rename leave a moment without a file.
    if (now === undefined && !isGone) {
      isGone = true;
      settle(settleMs * 4);
      return;
    }
    isGone = now === undefined;
    if (now === seen) return;
    seen = now;
    input.onReading(input.load());
  };
  const settle = (ms: number) => {
    cancelSettle();
    cancelSettle = clock.after(ms, check);
  };
  const poll = () => {
    cancelPoll = clock.after(pollMs, () => {
      check();
      if (!isStopped) poll();
    });
  };
  // The folder, not the file: a rename puts another file into the place of the one that was watched.
  const watcher = watchFolder(dirname(file), (name) => {
    if (name === null || name === basename(file) || name === '.env') settle(settleMs);
  });
  poll();
  return {
    stop() {
      isStopped = true;
      cancelSettle();
      cancelPoll();
      watcher?.close();
    },
  };
}

function watchFolder(folder: string, onSign: (name: string | null) => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, (_, name) => onSign(name));
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}

function contents(file: string): string | undefined {
  const text = read(file);
  return text === undefined ? undefined : `${text}\u0000${read(join(dirname(file), '.env')) ?? ''}`;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
