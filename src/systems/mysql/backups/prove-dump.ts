import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { EngineContext, ProofOrder, Proving, Smoke } from '../../../core/backup/engine.ts';
import { type Finding, type Looking, saidOf, startLooking } from '../../../core/backup/looking.ts';
import { presenceOf } from '../../../core/backup/size.ts';
import { count } from '../../../core/count.ts';
import { plain } from '../../../core/plain.ts';
import { fileDifferences, readFileSums } from '../../../machine/file-sums.ts';
import type { MysqlConnection } from '../client.ts';
import { contentDifferences, quoted, readContent, tablesOf } from './content.ts';
import { schemaOf, unzippedInSight } from './dump.ts';
import { load } from './load.ts';
import type { BackupSession, ProgramLogin } from './login.ts';
import { type DumpManifest, dumpFile, dumpManifest, eventsFile } from './manifest.ts';
import { programFor } from './programs.ts';
import { type ScratchServer, startScratch } from './scratch.ts';

export async function prove(_conn: MysqlConnection, order: ProofOrder, ctx: EngineContext): Promise<Proving> {
  const looking = startLooking(ctx);
  const result: Proving = { looks: looking.looks, restoredInMs: null, with: 'nothing' };
  const { 'manifest.json': _own, ...files } = await readFileSums(order.folder, ctx.signal);
  const parsed = dumpManifest.safeParse(order.manifest);
  const written = parsed.success ? parsed.data.files : null;
  if (!(await looking.look(0, async () => presenceOf(written, files, order.usualBytes)))) return result;
  const isWhole = await looking.look(1, async () =>
    parsed.success
      ? saidOf(fileDifferences(parsed.data.files, files), 'every file is as it was written')
      : { good: false, detail: 'its manifest cannot be read' },
  );
  if (!isWhole || !parsed.success) return result;
  await looking.look(2, async () => ({ good: true, detail: 'a dump needs no log' }));
  return order.withoutRestore ? result : restoreAndLook(parsed.data, order, ctx, looking);
}

async function restoreAndLook(
  manifest: DumpManifest,
  order: ProofOrder,
  ctx: EngineContext,
  { looks, look }: Looking,
): Promise<Proving> {
  const from = ctx.clock.monotonic();
  const { database } = manifest;
  let restoredInMs: number | null = null;
  let server: ScratchServer | undefined;
  const name = manifest.isMariaDb ? 'MariaDB' : 'MySQL';
  const result = () => ({ looks, restoredInMs, with: server ? `${name} ${server.version}` : 'nothing' });
  try {
    const isRestored = await look(3, async () => {
      ctx.progress('restoring into a scratch server');
      server = await startScratch(order.scratch, manifest, ctx);
      await restoreInto(server, manifest, order.folder, ctx);
      restoredInMs = Math.round(ctx.clock.monotonic() - from);
      return { good: true, detail: `restored into ${name} ${server.version}` };
    });
    if (!isRestored || !server) return result();
    const there = server;
    const ask = (work: (session: BackupSession) => Promise<Finding>) => () => there.use(database, work);
    ctx.progress('looking at the structure');
    if (
      !(await look(
        4,
        ask((session) => structure(session, there, manifest, order.scratch, ctx)),
      ))
    )
      return result();
    ctx.progress('comparing rows and sums');
    if (
      !(await look(
        5,
        ask((session) => content(session, manifest)),
      ))
    )
      return result();
    if (order.smoke.length > 0)
      await look(
        6,
        ask((session) => smoke(session, order.smoke)),
      );
    return result();
  } finally {
    await server?.stop();
  }
}

function scratchLogin(server: ScratchServer): ProgramLogin {
  return {
    args: ['--no-defaults', '--protocol=socket', `--socket=${server.socket}`, '--user=root'],
    env: {},
  };
}

async function restoreInto(
  server: ScratchServer,
  { database, charset, collation, isMariaDb }: DumpManifest,
  folder: string,
  ctx: EngineContext,
): Promise<void> {
  await server.use(undefined, (session) =>
    session.query(`CREATE DATABASE ${quoted(database)} CHARACTER SET ${charset} COLLATE ${collation}`),
  );
  const client = await programFor('client', isMariaDb, ctx);
  const login = scratchLogin(server);
  await load(
    client,
    login,
    database,
    unzippedInSight(join(folder, dumpFile), 'restoring into a scratch server', ctx),
    ctx,
  );
  await load(client, login, database, createReadStream(join(folder, eventsFile)), ctx);
}

/** CHECK TABLE reads every index against its rows; the schema is held against that of the source. */
async function structure(
  session: BackupSession,
  server: ScratchServer,
  manifest: DumpManifest,
  scratch: string,
  ctx: EngineContext,
): Promise<Finding> {
  const { database, isMariaDb } = manifest;
  const rows = await session.query<{ name: string }>(
    "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE <> 'SEQUENCE' ORDER BY 1",
    [database],
  );
  for (const { name } of rows) {
    const said = await session.query<{ Msg_type: string; Msg_text: string }>(
      `CHECK TABLE ${quoted(name)} EXTENDED`,
    );
    const wrong = said.filter(({ Msg_type, Msg_text }) => Msg_type !== 'note' && Msg_text !== 'OK');
    if (wrong[0]) return { good: false, detail: `${name}: ${plain(wrong[0].Msg_text, 300)}` };
  }
  const program = await programFor('dump', isMariaDb, ctx);
  const source = { program, login: scratchLogin(server), database };
  const schema = await schemaOf(source, join(scratch, 'schema.sql'), ctx);
  if (schema !== manifest.schema)
    return { good: false, detail: 'the schema that was restored is not the one that was backed up' };
  return {
    good: true,
    detail: `${count(rows.length, 'table or view', 'tables and views')} checked; the schema is the same`,
  };
}

async function content(session: BackupSession, manifest: DumpManifest): Promise<Finding> {
  const tables = await tablesOf(session, manifest.database);
  const found = await readContent(session, manifest.database, tables, () => {});
  const loose = manifest.content.filter(({ exact }) => !exact).length;
  const rest =
    loose > 0 ? `; ${count(loose, 'table')} of an engine without snapshots could not be compared` : '';
  return saidOf(
    contentDifferences(manifest.content, found),
    `rows and sums of ${count(found.length - loose, 'table')} are those of the source${rest}`,
  );
}

async function smoke(session: BackupSession, queries: readonly Smoke[]): Promise<Finding> {
  for (const { query } of queries) {
    const [row] = await session.query<Record<string, unknown>>(query);
    const [first] = Object.values(row ?? {});
    if (first !== 1 && first !== '1')
      return {
        good: false,
        detail: `${plain(query, 200)} answers ${plain(JSON.stringify(first) ?? 'nothing', 100)} instead of true`,
      };
  }
  return {
    good: true,
    detail: `${count(queries.length, 'smoke query answers', 'smoke queries answer')} true`,
  };
}
