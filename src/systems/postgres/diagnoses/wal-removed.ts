/** A standby that needs write-ahead log which its upstream has thrown away never comes back by waiting: its own log says so. */
import { isOlder, matching } from './server-log.ts';

/** Each attempt says that it streams from a point, and then why it does not. */
const attempts =
  /requested WAL segment \S+ has already been removed|can no longer access replication slot|started streaming WAL from/;
const removed = /requested WAL segment (\S+) has already been removed/;
/** Since PostgreSQL 18 the upstream refuses the slot before it looks for the segment; a line below says why. */
const invalidated = /can no longer access replication slot "([^"]+)"/;
const reason = /replication slot has been invalidated due to "(\w+)"/;
/** A standby tries anew every 5 s (wal_retrieve_retry_interval): what is older was mended, or is of another start (J). */
const recentMs = 300_000;

/**
 * The lines of its attempts where the last one failed so; none otherwise.
 * @param lines of the log of the standby, oldest first
 * @param now epoch milliseconds
 */
export function removedWalLines(lines: readonly string[], now: number): string[] {
  const told = matching(lines, attempts, 4).filter((line) => !isOlder(line, now - recentMs));
  const last = told.at(-1) ?? '';
  if (removed.test(last)) return told;
  return invalidated.test(last) ? [...told, ...matching(lines, reason, 1)] : [];
}

const rebuild =
  'Where a restore_command of the standby can fetch what it needs from an archive, it goes on by itself. Else stop it, put its data folder aside, and rebuild it: pg_basebackup -h UPSTREAM -D DATA -R -C -S SLOT, or restore it from a backup. Do not promote it: it lacks what was written since.';

export interface RemovedWal {
  readonly summary: string;
  readonly explanation: string;
  readonly confidence: number;
}

/** @param text lines as above; undefined where they say nothing of it */
export function removedWal(text: string): RemovedWal | undefined {
  const line = text
    .split('\n')
    .findLast((one) => removed.test(one) || invalidated.test(one))
    ?.trim();
  const slot = invalidated.exec(line ?? '')?.[1];
  if (slot !== undefined) return lostSlot(slot, reason.exec(text)?.[1]);
  const segment = removed.exec(line ?? '')?.[1];
  if (line === undefined || segment === undefined) return undefined;
  return {
    summary: `the standby cannot go on: its upstream has already removed WAL segment ${segment}, which it needs next`,
    explanation: `Its log says: ${line.slice(0, 300)}. Waiting and restarts change nothing. ${rebuild} That it does not happen again: a physical replication slot for it on the upstream (primary_slot_name; max_slot_wal_keep_size bounds what it keeps), or a larger wal_keep_size.`,
    // The server itself says why its last attempt failed.
    confidence: 0.97,
  };
}

/** A slot that was invalidated is never valid again; whether its log is gone too the next attempt says. */
function lostSlot(slot: string, why: string | undefined): RemovedWal {
  const name = slot.replaceAll("'", "''");
  return {
    summary: `the standby cannot go on: its slot ${slot} on the upstream was invalidated${why === undefined ? '' : ` (${why})`}`,
    explanation: `Waiting and restarts change nothing: an invalidated slot is never valid again. On the upstream: SELECT pg_drop_replication_slot('${name}'); SELECT pg_create_physical_replication_slot('${name}', true); the standby tries again within seconds, and goes on where the log that it needs is still there. Where its log says then that a WAL segment has already been removed, it is gone. ${rebuild} That it does not happen again: max_slot_wal_keep_size (wal_removed) or idle_replication_slot_timeout (idle_timeout) on the upstream must leave time for the longest absence.`,
    confidence: 0.97,
  };
}
