/** A standby that needs write-ahead log which its upstream has thrown away never comes back by waiting: its own log says so. */
import { isOlder, matching } from './server-log.ts';

/** Each attempt says that it streams from a point, and then why it does not. */
const attempts = /requested WAL segment \S+ has already been removed|started streaming WAL from/;
const removed = /requested WAL segment (\S+) has already been removed/;
/** A standby tries anew every 5 s (wal_retrieve_retry_interval): what is older was mended, or is of another start (J). */
const recentMs = 300_000;

/**
 * The lines of its attempts where the last one failed so; none otherwise.
 * @param lines of the log of the standby, oldest first
 * @param now epoch milliseconds
 */
export function removedWalLines(lines: readonly string[], now: number): string[] {
  const told = matching(lines, attempts, 4).filter((line) => !isOlder(line, now - recentMs));
  return removed.test(told.at(-1) ?? '') ? told : [];
}

export interface RemovedWal {
  readonly summary: string;
  readonly explanation: string;
  readonly confidence: number;
}

/** @param text lines as above; undefined where they say nothing of it */
export function removedWal(text: string): RemovedWal | undefined {
  const line = text
    .split('\n')
    .findLast((one) => removed.test(one))
    ?.trim();
  const segment = removed.exec(line ?? '')?.[1];
  if (line === undefined || segment === undefined) return undefined;
  return {
    summary: `the standby cannot go on: its upstream has already removed WAL segment ${segment}, which it needs next`,
    explanation: `Its log says: ${line.slice(0, 300)}. Waiting and restarts change nothing. Where a restore_command of the standby can fetch that segment from an archive, it goes on by itself. Else stop it, put its data folder aside, and rebuild it: pg_basebackup -h UPSTREAM -D DATA -R -C -S SLOT, or restore it from a backup. Do not promote it: it lacks what was written since. That it does not happen again: a physical replication slot for it on the upstream (primary_slot_name; max_slot_wal_keep_size bounds what it keeps), or a larger wal_keep_size.`,
    // The server itself says why its last attempt failed.
    confidence: 0.97,
  };
}
