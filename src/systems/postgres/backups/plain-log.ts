/** The log beside plain copies: received over a replication connection, or laid there by the server's archive_command. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { EngineContext, Place } from '../../../core/backup/engine.ts';
import { spawnProgram } from '../../../machine/spawn-program.ts';
import type { PostgresConnection } from '../client.ts';
import { logFolderOf } from './plain-manifest.ts';
import { releaseFor } from './programs.ts';
import { nameOf, segmentOf } from './segments.ts';
import { clearShort, type SlotStanding } from './short-partial.ts';
import { loginOf } from './take-logical.ts';

/** One for each plan; the server keeps the log for it while we are away. @param folder of a backup of the plan */
export function slotOf(folder: string): string {
  return slotOfPlan(basename(dirname(folder)));
}

export function slotOfPlan(name: string): string {
  const plan = name.toLowerCase();
  return `upkeep_${plan.replace(/[^a-z0-9_]/g, '_')}`.slice(0, 63);
}

interface Server extends SlotStanding {
  readonly major: number;
  readonly segment: number;
}

const serverSql = `
SELECT current_setting('server_version_num')::int / 10000 AS major,
       pg_size_bytes(current_setting('wal_segment_size'))::float8 AS segment,
       pg_wal_lsn_diff(s.restart_lsn, '0/0')::float8 AS lsn, coalesce(s.wal_status = 'lost', false) AS "isLost"
  FROM (SELECT) AS one LEFT JOIN pg_replication_slots s ON s.slot_name = $1`;

/**
 * Runs pg_receivewal until `signal` aborts. Each write is flushed and confirmed at once, so that what would be lost is a
 * matter of seconds.
 */
export async function follow(conn: PostgresConnection, place: Place, ctx: EngineContext): Promise<void> {
  const name = slotOf(place.folder);
  const [server] = await conn.work.use(ctx.signal, (query) =>
    query<Server & Record<string, unknown>>(serverSql, [name]),
  );
  const release = releaseFor(server?.major ?? 0);
  const folder = logFolderOf(place.folder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (server) clearShort(folder, server.segment, server, ctx.clock.now());
  const login = loginOf(conn.config);
  const [flag = '', url = ''] = login.args;
  const receive = [join(release.bin, 'pg_receivewal'), flag, url, '--no-password'];
  const slot = `--slot=${name}`;
  const run = { signal: ctx.signal, clock: ctx.clock, env: login.env, cwd: folder };
  // Asked first: the server writes an error into its log for each slot that is there already.
  if (server?.lsn == null && !server?.isLost) {
    const made = await spawnProgram([...receive, slot, '--create-slot', '--if-not-exists'], run);
    if (made.code !== 0)
      throw new Error(`pg_receivewal cannot make its slot (exit code ${made.code}): ${made.text}`);
  }
  const words = [...receive, slot, '--directory', folder, '--synchronous', '--no-loop'];
  const ended = await spawnProgram(words, run).catch((error: unknown) => {
    ctx.signal.throwIfAborted();
    throw error;
  });
  throw new Error(`pg_receivewal ended (exit code ${ended.code}): ${ended.text}`);
}

const positionSql = `
SELECT (SELECT pg_wal_lsn_diff(restart_lsn, '0/0')::float8 FROM pg_replication_slots WHERE slot_name = $1) AS slot,
       pg_size_bytes(current_setting('wal_segment_size'))::float8 AS segment,
       (SELECT last_archived_wal FROM pg_stat_archiver) AS archived,
       ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int AS timeline
 WHERE NOT pg_is_in_recovery()`;
interface Position {
  readonly slot: number | null;
  readonly segment: number;
  readonly archived: string | null;
  readonly timeline: number;
}
const withinMs = 5_000;

export interface Received {
  /** Name of the last whole file; null where the first is not whole yet. */
  readonly name: string | null;
  /** In bytes of log. */
  readonly lsn: number;
}

/** What the server knows to be received; null where it cannot be asked: it may be lost. */
export async function receivedLog(
  conn: PostgresConnection,
  folder: string,
  { signal, clock }: EngineContext,
): Promise<Received | null> {
  const stop = new AbortController();
  const cancel = clock.after(withinMs, () => stop.abort(new Error('no answer')));
  try {
    const [row] = await conn.work.use(AbortSignal.any([signal, stop.signal]), (query) =>
      query<Position>(positionSql, [slotOf(folder)]),
    );
    if (row?.slot == null) return row ? archivedTo(folder, row) : null;
    const number = Math.floor(row.slot / row.segment) - 1;
    const name = number < 0 ? null : nameOf({ timeline: row.timeline, number }, row.segment);
    return { name, lsn: row.slot };
  } catch {
    signal.throwIfAborted();
    return null;
  } finally {
    cancel();
  }
}

/** Without a slot of ours: what archive_command says it laid there, where it lays anything there at all. */
function archivedTo(folder: string, { archived, segment }: Position): Received | null {
  const log = logFolderOf(folder);
  const there = existsSync(log) ? readdirSync(log) : [];
  const last = archived === null ? null : segmentOf(archived, segment);
  if (last === null || !there.some((name) => /^[0-9A-F]{24}$/.test(name))) return null;
  return { name: nameOf(last, segment), lsn: (last.number + 1) * segment };
}
