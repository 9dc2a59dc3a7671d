import { join } from 'node:path';
import type {
  EngineContext,
  Restored,
  RestoreInto,
  RestoreOrder,
  RestorePlan,
} from '../../../core/backup/engine.ts';
import { planOneMoment } from '../../../core/backup/one-moment.ts';
import { beginStretch } from '../../../core/backup/progress.ts';
import { count } from '../../../core/count.ts';
import { whileMeasured } from '../../../machine/folder-bytes.ts';
import { commandLine } from '../../../machine/run-program.ts';
import { spawnProgram } from '../../../machine/spawn-program.ts';
import { type PostgresConnection, serverPort } from '../client.ts';
import { psqlCommand } from '../grants.ts';
import type { Query } from '../session.ts';
import { quoteName } from '../visibility.ts';
import { contentDifferences, readContent } from './content.ts';
import { literal, quoted, urlOf, withDatabase } from './database-session.ts';
import { adopt, type Grounds, groundsOf, keptName, swap } from './database-swap.ts';
import { fileDifferences, type LogicalManifest, logicalManifest, readFiles } from './manifest.ts';
import { type MayRestore, mayRestore, ownerRemedy, ownersIn, whileOwnersMayCreate } from './owners.ts';
import { releaseFor } from './programs.ts';
import { databaseBytes, restoredSize } from './restored-size.ts';
import { loginOf } from './take-logical.ts';
import { clearLeft, dropOwn, freshName, markUnfinished } from './unfinished-database.ts';

export async function planRestore(
  conn: PostgresConnection,
  order: RestoreOrder,
  ctx: EngineContext,
): Promise<RestorePlan> {
  const manifest = logicalManifest.parse(order.manifest);
  const { into } = order;
  const name = nameFor(order, manifest);
  const grounds = into.kind === 'folder' ? null : await groundsOf(conn, name);
  const rights = grounds === null ? null : await rightsFor(conn, manifest, grounds);
  const plan = planOneMoment(
    'postgres.logical',
    order,
    {
      at: manifest.at ?? 0,
      restoredBytes: null,
      into: ['database', 'over'],
      obstacle: grounds === null ? null : obstacleTo(conn, grounds, rights, into.kind, name),
      steps:
        into.kind === 'over'
          ? stepsOver(name, manifest)
          : [...stepsBeside(name, manifest), ...leftOf(conn, name)],
    },
    ctx.clock.now(),
  );
  const isLost = into.kind === 'over' && grounds?.exists === true && plan.impossible === null;
  return {
    ...plan,
    losses: [
      ...(manifest.at === undefined
        ? ['what was written since: when it was taken stands in the catalogue']
        : plan.losses),
      ...(isLost ? await lostRows(conn, name, manifest) : []),
    ],
    reaches: manifest.at ?? null,
  };
}

export async function restore(
  conn: PostgresConnection,
  order: RestoreOrder,
  ctx: EngineContext,
): Promise<Restored> {
  const from = ctx.clock.monotonic();
  const { impossible } = await planRestore(conn, order, ctx);
  if (impossible !== null) throw new Error(impossible);
  const manifest = logicalManifest.parse(order.manifest);
  const name = nameFor(order, manifest);
  const { 'manifest.json': _own, ...files } = await readFiles(order.folder, ctx.signal);
  const damaged = fileDifferences(manifest.files, files);
  if (damaged.length > 0) throw new Error(`the backup is damaged: ${damaged.slice(0, 3).join('; ')}`);
  const isOver = order.into.kind === 'over';
  const fresh = isOver ? freshName(name) : name;
  const version = await fill(conn, fresh, manifest, order, ctx);
  const done = { reached: manifest.at ?? null, with: `pg_restore into PostgreSQL ${version}` };
  const tookMs = () => Math.round(ctx.clock.monotonic() - from);
  if (!isOver) return { ...done, tookMs: tookMs(), at: `database ${name}` };
  ctx.progress('leading clients over');
  const kept = await swap(conn, { living: name, fresh }, ctx.timezone);
  const old = kept === null ? 'there was none before' : `what was there is kept as ${kept}`;
  return { ...done, tookMs: tookMs(), at: `database ${name}; ${old}` };
}

/** Makes the database, restores into it and compares it with what was backed up; drops it where it is not the same. */
async function fill(
  conn: PostgresConnection,
  fresh: string,
  manifest: LogicalManifest,
  { folder, into }: RestoreOrder,
  ctx: EngineContext,
): Promise<string> {
  return withDatabase(conn.config, null, async (client) => {
    await clearLeft(client, fresh);
    const locale = `LC_COLLATE ${literal(manifest.collate)} LC_CTYPE ${literal(manifest.ctype)}`;
    await client.query(
      `CREATE DATABASE ${quoted(fresh)} TEMPLATE template0 ENCODING ${literal(manifest.encoding)} ${locale}`,
    );
    await markUnfinished(client, fresh);
    try {
      const stretch = beginStretch(ctx, `restoring into ${fresh}`, restoredSize(manifest));
      await whileMeasured(
        () => databaseBytes(client, fresh),
        (bytes) => stretch.at(bytes),
        ctx,
        () =>
          within(conn, fresh, (query) =>
            whileOwnersMayCreate(query, manifest, () => pgRestore(conn, fresh, manifest, folder, ctx)),
          ),
      );
      ctx.progress('comparing rows and sums');
      await compare(conn, fresh, manifest, ctx);
      // The mark of what takes the place of a living one goes in the moment when it does.
      if (into.kind === 'over') await adopt(client, { living: manifest.database, fresh });
      else await client.query(`COMMENT ON DATABASE ${quoted(fresh)} IS NULL`);
    } catch (error) {
      await dropOwn(client, fresh).catch(() => {});
      throw error;
    }
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    return rows[0]?.server_version ?? 'unknown';
  });
}

async function pgRestore(
  { config }: PostgresConnection,
  database: string,
  { major }: LogicalManifest,
  folder: string,
  ctx: EngineContext,
): Promise<void> {
  const { args, env } = loginOf({ ...config, url: urlOf(config.url, database) });
  const ended = await spawnProgram(
    [
      join(releaseFor(major).bin, 'pg_restore'),
      ...args,
      '--jobs=2',
      '--exit-on-error',
      '--no-password',
    ].concat('--no-subscriptions', join(folder, 'dump')),
    { signal: ctx.signal, clock: ctx.clock, env },
  );
  if (ended.code === 0) return;
  const user = decodeURIComponent(new URL(config.url).username);
  throw new Error(
    `pg_restore failed (exit code ${ended.code}): ${ended.text}${ownerRemedy(ended.text, config.role ?? user, serverPort(config))}`,
  );
}

async function compare(
  conn: PostgresConnection,
  database: string,
  manifest: LogicalManifest,
  ctx: EngineContext,
): Promise<void> {
  const found = await withDatabase(conn.config, database, (client) =>
    readContent(
      async <Row extends object>(sql: string) => (await client.query(sql)).rows as Row[],
      () => ctx.signal.throwIfAborted(),
    ),
  );
  const differences = contentDifferences(manifest.content, found);
  if (differences.length > 0)
    throw new Error(`what was restored is not what was backed up: ${differences.slice(0, 3).join('; ')}`);
}

function nameFor({ into }: RestoreOrder, manifest: LogicalManifest): string {
  return into.kind === 'database' ? into.name : manifest.database;
}

function within<T>(
  { config }: PostgresConnection,
  database: string | null,
  work: (query: Query) => Promise<T>,
): Promise<T> {
  return withDatabase(config, database, (client) =>
    work(async <Row extends object>(sql: string, values: readonly unknown[] = []) => {
      const { rows } = await client.query(sql, [...values]);
      return rows as Row[];
    }),
  );
}

/** Where the backup does not tell the owners, those of the living database are asked. */
async function rightsFor(
  conn: PostgresConnection,
  { owners, database }: LogicalManifest,
  grounds: Grounds,
): Promise<MayRestore> {
  const known = owners ?? (await within(conn, database, ownersIn).catch(() => []));
  return within(conn, null, (query) => mayRestore(query, known, grounds));
}

function obstacleTo(
  { config }: PostgresConnection,
  grounds: Grounds,
  rights: MayRestore | null,
  kind: RestoreInto['kind'],
  name: string,
): string | null {
  if (kind === 'database' && grounds.exists)
    return `there is a database ${name} already: choose a new name, or --into over`;
  if (rights?.lacking != null) return `${rights.lacking}. As a superuser on the server: ${rights.command}`;
  if (kind === 'over' && grounds.exists && !grounds.mayRename)
    return `${grounds.user} may not rename ${name}: make it a member of the owner. As a superuser on the server: ${psqlCommand(
      { database: 'postgres', port: serverPort(config) },
      [`GRANT ${quoteName(grounds.owner)} TO ${quoteName(grounds.user)};`],
    )}`;
  return null;
}

function stepsBeside(name: string, { content }: LogicalManifest): string[] {
  return [
    `CREATE DATABASE ${quoted(name)}`,
    `pg_restore --exit-on-error into ${name}`,
    `compare the rows and sums of ${count(content.length, 'table')}; drop it where they differ`,
  ];
}

/** Commands that work as they stand, on the living server; the password is asked for. */
function leftOf({ config }: PostgresConnection, name: string): string[] {
  const psql = (database: string, ...words: string[]) => {
    const [, url = ''] = loginOf({ url: urlOf(config.url, database), statements: false }).args;
    return commandLine(['psql', url, ...words]);
  };
  return [
    `you: look into it: ${psql(name)}`,
    `you: then lead the application to ${name}, or drop it: ${psql('postgres', '-c', `DROP DATABASE ${quoted(name)}`)}`,
  ];
}

function stepsOver(name: string, manifest: LogicalManifest): string[] {
  return [
    ...stepsBeside(freshName(name), manifest),
    `give it the owner, settings and grants of ${name}`,
    `end the sessions of ${name}, rename it to ${keptName(name, '<now>')} and the restored one to ${name}, in one transaction`,
    'you: drop the kept one when nobody needs it any more',
  ];
}

/** Fewer rows than in the backup are no loss of the restore: they were deleted since, or the estimate is old. */
function differs(table: string, now: number, then: number): string {
  const figures = `${now} by the estimate of the server, ${then} in the backup`;
  return now > then
    ? `${table}: about ${count(now - then, 'row')} that came since (${figures})`
    : `${table}: nothing by its number of rows; about ${count(then - now, 'row')} would come back that were deleted since, or the estimate is old (${figures})`;
}

const mostNamed = 10;

/** By the server's own estimate: nobody waits for a count to see a plan. */
async function lostRows(
  conn: PostgresConnection,
  name: string,
  { content }: LogicalManifest,
): Promise<string[]> {
  const { rows } = await withDatabase(conn.config, name, (client) =>
    client.query<{ table: string; rows: string }>(
      `SELECT format('%I.%I', schemaname, relname) AS table, n_live_tup::text AS rows FROM pg_stat_user_tables ORDER BY 1`,
    ),
  );
  const before = new Map(content.map((one) => [one.table, one.rows]));
  const lines = rows.flatMap(({ table, rows: now }) => {
    const then = before.get(table);
    if (then === undefined) return [`${table} with about ${now} rows: it was not there yet`];
    return then === now ? [] : [differs(table, Number(now), Number(then))];
  });
  const more = lines.length - mostNamed;
  return [...lines.slice(0, mostNamed), ...(more > 0 ? [`${count(more, 'other table')} that differ`] : [])];
}
