import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import type { EngineContext, Place, Taken } from '../../../core/backup/engine.ts';
import { beginStretch } from '../../../core/backup/progress.ts';
import { count } from '../../../core/count.ts';
import { bytesBelow, whileMeasured } from '../../../machine/folder-bytes.ts';
import { spawnProgram } from '../../../machine/spawn-program.ts';
import { together } from '../../../machine/together.ts';
import { clientConfig, type PostgresConnection } from '../client.ts';
import type { PostgresConfig } from '../config.ts';
import { contentSettings, readContent } from './content.ts';
import { bytesOf, type LogicalManifest, readFiles } from './manifest.ts';
import { creatorsIn, ownersIn } from './owners.ts';
import { type Release, releaseFor } from './programs.ts';

/** Ours to hold a snapshot open for as long as the dump takes; it never writes. */
const settings: Readonly<Record<string, string>> = {
  ...contentSettings,
  statement_timeout: '0',
  lock_timeout: '10s',
  idle_in_transaction_session_timeout: '0',
  default_transaction_read_only: 'on',
};

const dumpJobs = 2;

interface Facts {
  readonly database: string;
  readonly bytes: number;
  readonly version: string;
  readonly num: number;
  readonly encoding: string;
  readonly collate: string;
  readonly ctype: string;
  readonly roles: number;
  readonly extensions: readonly string[];
}

/** @param read rows and sums of every table; what it costs can be measured without it */
export async function take(
  conn: PostgresConnection,
  place: Place,
  ctx: EngineContext,
  read = readContent,
): Promise<Taken> {
  const { Client: Driver } = await import('pg').then(({ default: pg }) => pg);
  const client = new Driver(clientConfig(conn.config, settings));
  client.on('error', () => {});
  const cancel = () => void client.end().catch(() => {});
  ctx.signal.addEventListener('abort', cancel, { once: true });
  await client.connect();
  try {
    return await takeWith(client, conn.config, place, ctx, read);
  } finally {
    ctx.signal.removeEventListener('abort', cancel);
    await client.end().catch(() => {});
  }
}

async function takeWith(
  client: Client,
  config: PostgresConfig,
  { folder, lastBytes }: Place,
  ctx: EngineContext,
  read: typeof readContent,
): Promise<Taken> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const begunAt = ctx.clock.now();
  const facts = await factsOf(client);
  const ask = async <Row extends object>(sql: string) => (await client.query(sql)).rows as Row[];
  const rights = { owners: await ownersIn(ask), creators: await creatorsIn(ask) };
  const release = releaseFor(Math.floor(facts.num / 10_000));
  const snapshot = await one<{ id: string }>(client, 'SELECT pg_export_snapshot() AS id');
  const words = `writing ${facts.database} with pg_dump of PostgreSQL ${release.major}`;
  const stretch = beginStretch(ctx, words, { of: lastBytes ?? null, isGuess: true });
  const login = loginOf(config);
  const at = [`--snapshot=${snapshot.id}`, '--no-password'];
  const [, schema, , content] = await together(ctx, (signal) => {
    const run = { signal, clock: ctx.clock, env: login.env, cwd: folder };
    return [
      whileMeasured(
        () => bytesBelow(folder),
        (bytes) => stretch.at(bytes),
        run,
        () => writeRows(release, [...login.args, ...at], run, folder),
      ),
      schemaOf(release, [...login.args, ...at], run, join(folder, 'schema.sql')),
      writeRoles(release, login.args, run, join(folder, 'roles.sql')),
      read(ask, (table) => stretch.saying(`writing ${facts.database}, and counting ${table} meanwhile`)),
    ];
  });
  await client.query('COMMIT');
  const files = await readFiles(folder, ctx.signal);
  const manifest: LogicalManifest = {
    ...{
      format: 1,
      at: begunAt,
      database: facts.database,
      databaseBytes: facts.bytes,
      serverVersion: facts.version,
      major: release.major,
    },
    ...{ encoding: facts.encoding, collate: facts.collate, ctype: facts.ctype, schema },
    ...{ roles: facts.roles, extensions: [...facts.extensions], ...rights, content, files },
  };
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`, { mode: 0o600 });
  const rows = content.reduce((sum, table) => sum + BigInt(table.rows), 0n);
  return {
    ...{ kind: 'full', needs: [], bytes: bytesOf(files), logFrom: null, manifest },
    detail: `${count(content.length, 'table')}, ${rows.toLocaleString('en-GB')} rows`,
  };
}

async function writeRows(
  { bin }: Release,
  args: readonly string[],
  run: Parameters<typeof spawnProgram>[1],
  folder: string,
): Promise<void> {
  const options = ['--format=directory', `--jobs=${dumpJobs}`, '--no-subscriptions'];
  const words = [join(bin, 'pg_dump'), ...args, ...options, '--file', join(folder, 'dump')];
  const { code, text } = await spawnProgram(words, run);
  if (code !== 0) throw new Error(`pg_dump failed (exit code ${code}): ${text}`);
}

async function factsOf(client: Client): Promise<Facts> {
  return one<Facts>(
    client,
    `SELECT current_database() AS database, pg_database_size(current_database())::float8 AS bytes,
       current_setting('server_version') AS version,
       current_setting('server_version_num')::int AS num, pg_encoding_to_char(d.encoding) AS encoding,
       d.datcollate AS collate, d.datctype AS ctype,
       (SELECT count(*)::int FROM pg_roles WHERE rolname NOT LIKE 'pg\\_%') AS roles,
       ARRAY(SELECT extname::text FROM pg_extension ORDER BY 1) AS extensions
     FROM pg_database d WHERE d.datname = current_database()`,
  );
}

async function one<Row extends object>(client: Client, sql: string): Promise<Row> {
  const { rows } = await client.query<Row>(sql);
  if (rows[0] === undefined) throw new Error(`no row for ${sql}`);
  return rows[0];
}

/** The password goes by the environment, which only we and root can read; it stands in no argument. */
export function loginOf({ url, role }: PostgresConfig) {
  const { connectionString } = clientConfig({ url, statements: false }, {});
  const target = new URL(connectionString ?? url);
  const password = decodeURIComponent(target.password);
  target.password = '';
  target.searchParams.delete('uselibpqcompat');
  const args = ['--dbname', target.href, ...(role === undefined ? [] : ['--role', role])];
  return { args, env: { ...(password === '' ? {} : { PGPASSWORD: password }), PGAPPNAME: 'upkeep' } };
}

/** SHA-256 of the schema without what pg_dump says of itself; the text stays beside the dump. */
export async function schemaOf(
  release: Release,
  args: readonly string[],
  run: Parameters<typeof spawnProgram>[1],
  file: string,
): Promise<string> {
  const ended = await spawnProgram(
    [
      join(release.bin, 'pg_dump'),
      ...args,
      '--schema-only',
      '--no-subscriptions',
      '--no-owner',
      '--no-privileges',
    ],
    { ...run, into: file },
  );
  if (ended.code !== 0)
    throw new Error(`pg_dump --schema-only failed (exit code ${ended.code}): ${ended.text}`);
  // Comments name versions, and newer releases guard their output with a random key.
  const text = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !/^(--|\\restrict|\\unrestrict|\s*$)/.test(line))
    .join('\n');
  return createHash('sha256').update(text).digest('hex');
}

/** Names and memberships; passwords stay where they are, and a login that may not see them is no failure. */
async function writeRoles(
  release: Release,
  args: readonly string[],
  run: Parameters<typeof spawnProgram>[1],
  file: string,
): Promise<void> {
  const own = args.flatMap((word, index) => (word === '--role' ? ['--role', args[index + 1] ?? ''] : []));
  const ended = await spawnProgram(
    [
      join(release.bin, 'pg_dumpall'),
      ...args.slice(0, 2),
      ...own,
      '--roles-only',
      '--no-role-passwords',
      '--no-password',
    ],
    { ...run, into: file },
  );
  if (ended.code !== 0)
    throw new Error(`pg_dumpall --roles-only failed (exit code ${ended.code}): ${ended.text}`);
}
