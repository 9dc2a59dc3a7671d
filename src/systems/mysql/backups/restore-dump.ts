import { createWriteStream } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { EngineContext, Restored, RestoreOrder, RestorePlan } from '../../../core/backup/engine.ts';
import { saidOf } from '../../../core/backup/looking.ts';
import { planOneMoment } from '../../../core/backup/one-moment.ts';
import { count } from '../../../core/count.ts';
import { fillFolder, folderObstacle } from '../../../machine/empty-folder.ts';
import { sha256OfFile } from '../../../machine/file-sums.ts';
import { commandLine } from '../../../machine/run-program.ts';
import type { MysqlConnection } from '../client.ts';
import { contentDifferences, quoted, readContent, tablesOf } from './content.ts';
import { unzippedInSight } from './dump.ts';
import { load } from './load.ts';
import { type BackupSession, openBackupSession, programLogin } from './login.ts';
import { type DumpManifest, dumpFile, dumpManifest, eventsFile } from './manifest.ts';
import { programFor } from './programs.ts';

export async function planRestore(
  { config }: MysqlConnection,
  order: RestoreOrder,
  ctx: EngineContext,
): Promise<RestorePlan> {
  const manifest = dumpManifest.parse(order.manifest);
  const { into } = order;
  const obstacle =
    into.kind === 'folder'
      ? folderObstacle(into.folder)
      : into.kind === 'database'
        ? await withSession(config, ctx, (session) => nameObstacle(session, into.name))
        : null;
  const steps = [
    ...(into.kind === 'folder' ? folderSteps(into.folder) : databaseSteps(manifest, order)),
    ...leftOf(config, manifest, into),
  ];
  return planOneMoment(
    'mysql.mysqldump',
    order,
    { at: manifest.at, restoredBytes: null, into: ['database', 'folder'], obstacle, steps },
    ctx.clock.now(),
  );
}

function folderSteps(folder: string): string[] {
  return [
    `compare the checksum of ${dumpFile}`,
    `unpack it into ${folder}/dump.sql, beside ${eventsFile}; no server is touched`,
  ];
}

function databaseSteps({ content, database }: DumpManifest, { into }: RestoreOrder): string[] {
  const name = into.kind === 'database' ? into.name : 'the database';
  return [
    `compare the checksum of ${dumpFile}`,
    `create the database ${name} beside ${database}, which is not touched`,
    `load ${count(content.length, 'table')} into it, without the scheduled events (${eventsFile})`,
    'count and sum its rows and compare; what differs is dropped again',
  ];
}

/** Commands that work as they stand; the password is asked for. */
function leftOf(
  config: MysqlConnection['config'],
  { database, isMariaDb, charset, collation }: DumpManifest,
  into: RestoreOrder['into'],
): string[] {
  const url = new URL(config.url);
  const client = [
    isMariaDb ? 'mariadb' : 'mysql',
    ...programLogin(config, isMariaDb).args.filter((word) => word !== '--no-defaults'),
    ...(url.password === '' ? [] : ['-p']),
  ];
  const run = (...words: string[]) => commandLine([...client, ...words]);
  if (into.kind === 'database')
    return [
      `you: look into it: ${run(into.name)}`,
      `you: then lead the application to ${into.name}, or drop it: ${run('-e', `DROP DATABASE ${quoted(into.name)}`)}`,
    ];
  if (into.kind !== 'folder') return [];
  const name = `${database.slice(0, 50)}_restored`;
  const create = `CREATE DATABASE ${quoted(name)} CHARACTER SET ${charset} COLLATE ${collation}`;
  return [
    `you: load it into a new database: ${run('-e', create)} && ${run(name)} < ${commandLine([join(into.folder, 'dump.sql')])}`,
    `you: look into it: ${run(name)}`,
    `you: then lead the application to ${name}, and load the events where it has any: ${run(name)} < ${commandLine([join(into.folder, eventsFile)])}`,
  ];
}

export async function restore(
  conn: MysqlConnection,
  order: RestoreOrder,
  ctx: EngineContext,
): Promise<Restored> {
  const { impossible } = await planRestore(conn, order, ctx);
  if (impossible !== null) throw new Error(impossible);
  const manifest = dumpManifest.parse(order.manifest);
  const from = ctx.clock.monotonic();
  for (const file of [dumpFile, eventsFile])
    if ((await sha256OfFile(join(order.folder, file), ctx.signal)) !== manifest.files[file]?.sha256)
      throw new Error(`${file} has another checksum than when it was written: restore another backup`);
  const { into } = order;
  const done =
    into.kind === 'folder'
      ? await unpack(order.folder, into.folder, ctx)
      : await loadBeside(conn, manifest, order.folder, into.kind === 'database' ? into.name : '', ctx);
  return { reached: manifest.at, tookMs: Math.round(ctx.clock.monotonic() - from), ...done };
}

/** Stands in a database for as long as it is not whole. */
const unfinishedTable = '_upkeep_unfinished';

type Done = Pick<Restored, 'with' | 'at'>;

async function unpack(folder: string, into: string, ctx: EngineContext): Promise<Done> {
  await fillFolder(into, async () => {
    const file = createWriteStream(join(into, 'dump.sql'), { mode: 0o600 });
    const from = unzippedInSight(join(folder, dumpFile), 'unpacking the dump', ctx);
    await pipeline(from, file, { signal: ctx.signal });
    await copyFile(join(folder, eventsFile), join(into, eventsFile));
  });
  return { with: 'gunzip', at: join(into, 'dump.sql') };
}

async function loadBeside(
  { config }: MysqlConnection,
  manifest: DumpManifest,
  folder: string,
  name: string,
  ctx: EngineContext,
): Promise<Done> {
  const program = await programFor('client', manifest.isMariaDb, ctx);
  return withSession(config, ctx, async (session) => {
    await session.query(
      `CREATE DATABASE ${quoted(name)} CHARACTER SET ${manifest.charset} COLLATE ${manifest.collation}`,
    );
    try {
      await session.query(`CREATE TABLE ${quoted(name)}.${quoted(unfinishedTable)} (said INT)`);
      await load(
        program,
        programLogin(config, program.isMariaDb),
        name,
        unzippedInSight(join(folder, dumpFile), `loading ${name}`, ctx),
        ctx,
      );
      ctx.progress('comparing rows and sums');
      const tables = (await tablesOf(session, name)).filter(({ table }) => table !== unfinishedTable);
      const found = await readContent(session, name, tables, () => {});
      const { good, detail } = saidOf(contentDifferences(manifest.content, found), '');
      if (!good) throw new Error(`what was restored differs from what was backed up: ${detail}`);
      await session.query(`DROP TABLE ${quoted(name)}.${quoted(unfinishedTable)}`);
    } catch (error) {
      await dropped(config, name);
      throw error;
    }
    const [row] = await session.query<{ version: string }>('SELECT VERSION() AS version');
    return {
      with: row?.version ?? 'unknown',
      at: `database ${name} on the same server; events are left in ${eventsFile}`,
    };
  });
}

/** In a session of its own, which a cancelled restore does not cut off. Only what we created a moment ago. */
async function dropped(config: MysqlConnection['config'], name: string): Promise<void> {
  const session = await openBackupSession(config, new AbortController().signal);
  try {
    await session.query(`DROP DATABASE ${quoted(name)}`);
  } finally {
    await session.close();
  }
}

/** After a restore that was cut off, or could not clear up after itself; what was done, null where nothing was there. */
export async function clearRestore(
  { config }: MysqlConnection,
  { into }: Pick<RestoreOrder, 'into'>,
  ctx: EngineContext,
): Promise<string | null> {
  if (into.kind !== 'database') return null;
  const { name } = into;
  return withSession(config, ctx, async (session) => {
    const found = await session.query<{ name: string | null }>(
      `SELECT t.TABLE_NAME AS name FROM information_schema.SCHEMATA s
         LEFT JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = s.SCHEMA_NAME WHERE s.SCHEMA_NAME = ?`,
      [name],
    );
    if (found.length === 0) return null;
    // One without any table was cut off between its making and its mark.
    if (!found.some((one) => one.name === null || one.name === unfinishedTable))
      return `database ${name} is whole and stays`;
    await session.query(`DROP DATABASE ${quoted(name)}`);
    return `database ${name} is dropped, which was not whole`;
  });
}

async function nameObstacle(session: BackupSession, name: string): Promise<string | null> {
  if (!/^[A-Za-z0-9_$-]{1,64}$/.test(name))
    return `${name} is no name for a database: letters, digits, _, $ and -, no more than 64`;
  const found = await session.query('SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?', [
    name,
  ]);
  return found.length > 0 ? `there is a database ${name} already: choose a new name` : null;
}

async function withSession<T>(
  config: MysqlConnection['config'],
  ctx: EngineContext,
  work: (session: BackupSession) => Promise<T>,
): Promise<T> {
  const session = await openBackupSession(config, ctx.signal);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
