/** A log that Upkeep reads itself and does not get, in words. Pure. */
import { formatDuration } from '../time.ts';
import type { Need } from './needs.ts';

export interface LogTrouble {
  /** When it ended, or was tried in vain first, epoch milliseconds. */
  readonly since: number;
  /** One line: the words of what reads it. */
  readonly detail: string;
}

/** A server that is started anew is away for so long without being news of its backups (J). */
const toldAfterMs = 120_000;

export function troubleWords({ since, detail }: LogTrouble, now: number): string {
  return `the log is not received (${formatDuration(Math.max(0, now - since))} so far), and the server keeps what is written meanwhile on its own disk: ${detail}`;
}

/**
 * What is told of it unasked: null where the log comes. Undefined while nobody knows, as right after a start, or while it may
 * pass by itself: then stays told what was told before.
 */
export function toldTrouble(trouble: LogTrouble | null | undefined, now: number): string | null | undefined {
  if (!trouble) return trouble;
  return now - trouble.since < toldAfterMs ? undefined : troubleWords(trouble, now);
}

export function troubleNeeds(trouble: LogTrouble | null, now: number): Need[] {
  if (trouble === null) return [];
  return [
    {
      what: troubleWords(trouble, now),
      remedy: 'mend what is named; it is tried again every 10 s and goes on where it ended',
    },
  ];
}
