import { writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineContext, Place, Taken } from '../../../core/backup/engine.ts';
import { beginStretch, type Stretch } from '../../../core/backup/progress.ts';
import { bytesOf } from '../../../core/backup/size.ts';
import { count } from '../../../core/count.ts';
import { readFileSums } from '../../../machine/file-sums.ts';
import { whileMeasured } from '../../../machine/folder-bytes.ts';
import { together } from '../../../machine/together.ts';
import type { MysqlConnection } from '../client.ts';
import type { MysqlConfig } from '../config.ts';
import { quoted, readContent, type Table, tablesOf } from './content.ts';
import { type Source, schemaOf, writeDump, writeEvents } from './dump.ts';
import { type BackupSession, openBackupSession, programLogin } from './login.ts';
import { type DumpManifest, dumpFile, eventsFile } from './manifest.ts';
import { programFor } from './programs.ts';

/** The dump has to begin its snapshot in this time while writers wait. */
const writersWaitAtMostMs = 10_000;

interface Facts {
  readonly version: string;
  readonly charset: string;
  readonly collation: string;
  readonly lower: number;
}

export async function take(
  { config }: MysqlConnection,
  { folder, lastBytes }: Place,
  ctx: EngineContext,
): Promise<Taken> {
  const database = databaseOf(config);
  const session = await openBackupSession(config, ctx.signal);
  try {
    const facts = await factsOf(session, database);
    const isMariaDb = /mariadb/i.test(facts.version);
    const program = await programFor('dump', isMariaDb, ctx);
    const source: Source = { program, login: programLogin(config, program.isMariaDb), database };
    const tables = await tablesOf(session, database);
    const { at, beside } = await dumpWith(
      session,
      config,
      { ...source, lastBytes: lastBytes ?? null },
      tables,
      join(folder, dumpFile),
      ctx,
      (own, stretch) => [
        schemaOf(source, join(folder, 'schema.sql'), own),
        writeEvents(source, join(folder, eventsFile), own),
        readContent(session, database, tables, (table) =>
          stretch.saying(`writing ${database}, and counting ${table} meanwhile`),
        ),
      ],
    );
    const [schema, , content] = beside;
    await session.query('COMMIT');
    const files = await readFileSums(folder, ctx.signal);
    const manifest: DumpManifest = {
      ...{ format: 1, database, serverVersion: facts.version, isMariaDb, at, schema, content, files },
      ...{ charset: facts.charset, collation: facts.collation, lowerCaseTableNames: Number(facts.lower) },
    };
    writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`, { mode: 0o600 });
    return {
      ...{ kind: 'full', needs: [], bytes: bytesOf(files), logFrom: null, manifest },
      detail: saidOf(content),
    };
  } finally {
    await session.close();
  }
}

function saidOf(content: DumpManifest['content']): string {
  const rows = content.reduce((sum, table) => sum + BigInt(table.rows), 0n);
  const loose = content.filter(({ exact }) => !exact).length;
  return [
    `${count(content.length, 'table')}, ${rows.toLocaleString('en-GB')} rows`,
    ...(loose > 0 ? [`${count(loose, 'table')} of an engine without snapshots not compared`] : []),
  ].join('; ');
}

/** The url names it: a backup is of one database. */
export function databaseOf(config: MysqlConfig): string {
  const database = decodeURIComponent(new URL(config.url).pathname.slice(1));
  if (database === '')
    throw new Error('the url of the target names no database: write it at its end, mysql://…/shop');
  return database;
}

/**
 * Two snapshots of one moment, the dump's and that of `session`: writers of these tables wait until both have begun,
 * which takes milliseconds, and no longer than ten seconds.
 * @param work is done while the dump is written, `session` in its snapshot
 */
async function dumpWith<const Works extends readonly Promise<unknown>[]>(
  session: BackupSession,
  config: MysqlConfig,
  source: Source & { readonly lastBytes: number | null },
  tables: readonly Table[],
  file: string,
  ctx: EngineContext,
  work: (ctx: EngineContext, stretch: Stretch) => Works,
): Promise<{
  readonly at: number;
  readonly beside: { -readonly [At in keyof Works]: Awaited<Works[At]> };
}> {
  const stop = new AbortController();
  const own = { ...ctx, signal: AbortSignal.any([ctx.signal, stop.signal]) };
  const holder = await openBackupSession(config, own.signal);
  const begun = Promise.withResolvers<void>();
  let dumped: Promise<void> | undefined;
  const cancel = ctx.clock.after(writersWaitAtMostMs, () =>
    stop.abort(
      new Error(
        'the dump did not begin within 10 s, while writers waited: try again when the server has less to do',
      ),
    ),
  );
  try {
    ctx.progress(`beginning a snapshot of ${source.database}`);
    const names = tables.map(({ table }) => `${quoted(source.database)}.${quoted(table)} READ`);
    if (names.length > 0) await holder.query(`LOCK TABLES ${names.join(', ')}`);
    const at = ctx.clock.now();
    await session.query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
    dumped = writeDump(source, file, own, begun.resolve);
    dumped.catch(() => {});
    await begun.promise;
    if (names.length > 0) await holder.query('UNLOCK TABLES');
    cancel();
    const last = { of: source.lastBytes, isGuess: true };
    const stretch = beginStretch(ctx, `writing ${source.database}`, last);
    const written = dumped;
    const measured = whileMeasured(
      async () => (await stat(file)).size,
      (bytes) => stretch.at(bytes),
      ctx,
      () => written,
    );
    const [, ...beside] = await together(own, (signal) => {
      signal.addEventListener('abort', () => stop.abort(signal.reason), { once: true });
      return [measured, ...work({ ...ctx, signal }, stretch)];
    });
    return { at, beside };
  } finally {
    cancel();
    stop.abort();
    await holder.close();
    await dumped?.catch(() => {});
  }
}

async function factsOf(session: BackupSession, database: string): Promise<Facts> {
  const [facts] = await session.query<Facts>(
    `SELECT VERSION() AS version, DEFAULT_CHARACTER_SET_NAME AS charset, DEFAULT_COLLATION_NAME AS collation,
       @@lower_case_table_names AS lower
     FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?`,
    [database],
  );
  if (!facts) throw new Error(`there is no database ${database}, or the account may not see it`);
  return facts;
}
