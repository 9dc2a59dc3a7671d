import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import type { EngineContext, Place, Taken } from '../../../core/backup/engine.ts';
import { beginStretch } from '../../../core/backup/progress.ts';
import { count } from '../../../core/count.ts';
import { bytesBelow } from '../../../machine/folder-bytes.ts';
import { spawnProgram } from '../../../machine/spawn-program.ts';
import type { PostgresConnection } from '../client.ts';
import { readContent } from './content.ts';
import { readStructure, type Witness } from './physical-manifest.ts';
import { dataOf, logFolderOf, type PlainManifest, readLogOf, readWritten } from './plain-manifest.ts';
import { releaseFor } from './programs.ts';
import { quietSnapshot } from './quiet-snapshot.ts';
import { parseLsn, withoutHeader } from './segments.ts';
import { withReader } from './server-facts.ts';
import { loginOf } from './take-logical.ts';

interface Facts {
  readonly version: string;
  readonly major: number;
  readonly segmentBytes: number;
  readonly database: string;
  readonly superuser: string;
  readonly isStandby: boolean;
  readonly tablespaces: number;
}

/** Needs no role that may read settings. */
const factsSql = `
  SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int / 10000 AS major,
    pg_size_bytes(current_setting('wal_segment_size'))::int AS "segmentBytes", current_database() AS database,
    (SELECT rolname FROM pg_roles WHERE oid = 10) AS superuser, pg_is_in_recovery() AS "isStandby",
    (SELECT count(*)::int FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')) AS tablespaces`;

export function take(conn: PostgresConnection, place: Place, ctx: EngineContext): Promise<Taken> {
  return withReader(conn, ctx.signal, (reader) =>
    withReader(conn, ctx.signal, (watcher) => takeWith(conn, reader, watcher, place, ctx)),
  );
}

async function takeWith(
  conn: PostgresConnection,
  reader: Client,
  watcher: Client,
  { folder }: Place,
  ctx: EngineContext,
): Promise<Taken> {
  const facts = (await reader.query<Facts>(factsSql)).rows[0];
  if (facts === undefined) throw new Error('the server says nothing of itself');
  if (facts.isStandby) throw new Error('the server is a standby: let the target of backups: be its primary');
  if (facts.tablespaces > 0)
    throw new Error(
      'the server has tablespaces outside its data folder, which a plain copy would write over on this machine: use the engine postgres.pgbackrest',
    );
  await copy(conn, facts, folder, ctx);
  const { rows } = await reader.query<{ at: number }>(
    'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS at',
  );
  const { sha256, ranges } = readWritten(folder);
  const [first] = ranges;
  const last = ranges.at(-1);
  if (first === undefined || last === undefined) throw new Error('the copy does not say which log it needs');
  const { version, major, segmentBytes, superuser, database } = facts;
  const from = parseLsn(first['Start-LSN']);
  const manifest: PlainManifest = {
    ...{ format: 1, version, major, segmentBytes, superuser, database, from, timeline: first.Timeline },
    ...{ until: parseLsn(last['End-LSN']), endedAt: Math.ceil(rows[0]?.at ?? ctx.clock.now()) },
    ...{ manifestSha256: sha256, bytes: await bytesBelow(dataOf(folder)) },
    witness: await readWitness(reader, watcher, ctx),
  };
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`, { mode: 0o600 });
  const isFollowed = await receives(watcher, folder, manifest, ctx);
  return {
    ...{ kind: 'full', needs: [], bytes: manifest.bytes, logFrom: from, manifest },
    detail: [counted(manifest.witness), ...(isFollowed ? [] : [noLog])].join('; '),
  };
}

const noLog = 'no log arrives beside it, so it can be restored to its own end alone';

const kibibyte = 1_024;
/** What pg_basebackup says each second; the server added up the size of its files before: `8192/23456 kB (34%), 0/1 tablespace`. */
const counter = /(\d+)\/(\d+) kB \(\d+%\), .*[\r\n]*/g;

async function copy(
  conn: PostgresConnection,
  { major, database }: Facts,
  folder: string,
  ctx: EngineContext,
): Promise<void> {
  const release = releaseFor(major);
  const login = loginOf(conn.config);
  const words = `copying the cluster of ${database} with pg_basebackup of PostgreSQL ${release.major}`;
  const stretch = beginStretch(ctx, words, { of: null });
  const [flag = '', url = ''] = login.args;
  const copied = await spawnProgram(
    [
      ...[join(release.bin, 'pg_basebackup'), flag, url, '--no-password', '--pgdata', dataOf(folder)],
      ...['--format=plain', '--wal-method=stream', '--checkpoint=fast', '--label=upkeep', '--progress'],
    ],
    {
      ...{ signal: ctx.signal, clock: ctx.clock, env: login.env, cwd: folder },
      heard(part) {
        const [, done, of] = [...part.matchAll(counter)].at(-1) ?? [];
        if (of !== undefined) stretch.at(Number(done) * kibibyte, Number(of) * kibibyte);
      },
    },
  );
  if (copied.code !== 0)
    throw new Error(
      `pg_basebackup failed (exit code ${copied.code}): ${copied.text.replace(counter, '').trim()}`,
    );
}

async function readWitness(reader: Client, watcher: Client, ctx: EngineContext): Promise<Witness | null> {
  const lsn = await quietSnapshot(reader, watcher, ctx);
  if (lsn === null) return null;
  const at = ctx.clock.now();
  const ask = async <Row extends object>(sql: string) => (await reader.query(sql)).rows as Row[];
  const content = await readContent(ask, (table) => ctx.progress(`counting ${table}`));
  const structure = await readStructure(reader);
  await reader.query('COMMIT');
  return { lsn, at, content, structure };
}

/** archive_timeout is a minute as a rule, and the archiver takes some seconds. */
const logWithinMs = 90_000;
const betweenLooksMs = 250;
const idleBytes = 8_192;

/** Whether the log arrives up to what was counted; a folder without any log is not waited for. */
async function receives(
  client: Client,
  folder: string,
  manifest: PlainManifest,
  ctx: EngineContext,
): Promise<boolean> {
  const { witness, until } = manifest;
  const wanted = withoutHeader(witness === null ? until : parseLsn(witness.lsn));
  if (!existsSync(logFolderOf(folder))) return false;
  let isAsked = false;
  const deadline = ctx.clock.monotonic() + logWithinMs;
  for (;;) {
    const log = readLogOf(folder, manifest, null);
    const isReceiving = [...log.files.values()].some((path) => path.endsWith('.partial'));
    if (log.end >= wanted || (isReceiving && log.end + manifest.segmentBytes > wanted)) return true;
    // An idle server finishes no file for what it notes of itself.
    if (ctx.clock.monotonic() > deadline) return log.end > manifest.from && log.end + idleBytes >= wanted;
    // archive_command gets whole files alone; without the right to end one, archive_timeout does it.
    if (!isAsked && !isReceiving) await client.query('SELECT pg_switch_wal()').catch(() => {});
    isAsked = true;
    ctx.progress('waiting for the log');
    await ctx.clock.sleep(betweenLooksMs, ctx.signal);
  }
}

function counted(witness: Witness | null): string {
  if (witness === null) return 'rows not counted: transactions wrote all the time';
  const rows = witness.content.reduce((sum, table) => sum + BigInt(table.rows), 0n);
  return `${count(witness.content.length, 'table')}, ${rows.toLocaleString('en-GB')} rows`;
}
