/**
 * A snapshot and the place in the log that stands for the very same state: what is restored up to that place must hold
 * exactly what the snapshot shows.
 */
import type { Client } from 'pg';
import type { EngineContext } from '../../../core/backup/engine.ts';

/** A commit may be in the log and not yet be seen by others; while no transaction writes, none is on the way (J: 30 s of tries). */
const tryForMs = 30_000;
const betweenTriesMs = 50;

interface Seen {
  readonly snapshot: string;
  readonly lsn: string;
}

const look = `SELECT pg_current_snapshot()::text AS snapshot, pg_current_wal_insert_lsn()::text AS lsn`;

/**
 * Begins a transaction in `reader` and leaves it open. It is exact when nobody was writing at that moment, seen before
 * and after by `watcher`.
 * @returns the place in the log, or null where somebody wrote all the time; the transaction is open in both cases
 */
export async function quietSnapshot(
  reader: Client,
  watcher: Client,
  { clock, signal }: Pick<EngineContext, 'clock' | 'signal'>,
): Promise<string | null> {
  const until = clock.monotonic() + tryForMs;
  for (;;) {
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const seen = await ask(reader);
    const after = await ask(watcher);
    if (isQuiet(seen) && after.snapshot === seen.snapshot) return seen.lsn;
    if (clock.monotonic() > until) return null;
    await reader.query('ROLLBACK');
    await clock.sleep(betweenTriesMs, signal);
  }
}

async function ask(client: Client): Promise<Seen> {
  const { rows } = await client.query<Seen>(look);
  if (rows[0] === undefined) throw new Error('the server gives no snapshot');
  return rows[0];
}

/** `xmin:xmax:` without transactions in between. */
function isQuiet({ snapshot }: Seen): boolean {
  const [first, next] = snapshot.split(':');
  return first !== undefined && first === next;
}
