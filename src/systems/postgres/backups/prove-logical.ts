import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import type { ProofLevel } from '../../../core/backup/catalogue.ts';
import {
  type EngineContext,
  type Look,
  type ProofOrder,
  type Proving,
  type Smoke,
  sizeLook,
} from '../../../core/backup/engine.ts';
import { count } from '../../../core/count.ts';
import { plain } from '../../../core/plain.ts';
import { spawnProgram } from '../../../machine/spawn-program.ts';
import type { PostgresConnection } from '../client.ts';
import { contentDifferences, readContent } from './content.ts';
import { bytesOf, fileDifferences, type LogicalManifest, logicalManifest, readFiles } from './manifest.ts';
import { hasServer, type Release, releaseFor } from './programs.ts';
import { type ScratchServer, scratchUser, startScratch } from './scratch.ts';
import { schemaOf } from './take-logical.ts';

const restored = 'restored';

/** What a level finds: what is wrong, or what was seen. */
type Finding = { readonly good: boolean; readonly detail: string };

export async function prove(
  _conn: PostgresConnection,
  order: ProofOrder,
  ctx: EngineContext,
): Promise<Proving> {
  const looks: Look[] = [];
  const look = async (level: ProofLevel, what: () => Promise<Finding>): Promise<boolean> => {
    ctx.signal.throwIfAborted();
    const from = ctx.clock.monotonic();
    const finding = await what().catch((error: unknown): Finding => {
      ctx.signal.throwIfAborted();
      return { good: false, detail: error instanceof Error ? error.message : String(error) };
    });
    looks.push({ level, ...finding, tookMs: Math.round(ctx.clock.monotonic() - from) });
    return finding.good;
  };
  const found = await readFiles(order.folder, ctx.signal);
  const from = ctx.clock.monotonic();
  looks.push(sizeLook(bytesOf(found), order.usualBytes, Math.round(ctx.clock.monotonic() - from)));
  const parsed = logicalManifest.safeParse(order.manifest);
  const failed = { looks, restoredInMs: null, with: 'nothing' };
  if (!looks[0]?.good || !parsed.success) return failed;
  const manifest = parsed.data;
  const { 'manifest.json': _own, ...files } = found;
  if (
    !(await look(1, async () =>
      said(fileDifferences(manifest.files, files), 'every file is as it was written'),
    ))
  )
    return failed;
  await look(2, async () => ({ good: true, detail: 'a dump needs no log' }));
  if (order.withoutRestore) return failed;
  return restoreAndLook(manifest, order, ctx, looks, look);
}

async function restoreAndLook(
  manifest: LogicalManifest,
  order: ProofOrder,
  ctx: EngineContext,
  looks: readonly Look[],
  look: (level: ProofLevel, what: () => Promise<Finding>) => Promise<boolean>,
): Promise<Proving> {
  const from = ctx.clock.monotonic();
  let restoredInMs: number | null = null;
  let server: ScratchServer | undefined;
  const result = () => ({ looks, restoredInMs, with: server ? `PostgreSQL ${server.version}` : 'nothing' });
  try {
    const release = releaseFor(manifest.major);
    const isRestored = await look(3, async () => {
      if (!hasServer(release))
        throw new Error(
          `no PostgreSQL ${release.major} server to restore into: apt-get install postgresql-${release.major}`,
        );
      ctx.progress('restoring into a scratch server');
      server = await startScratch(release, order.scratch, manifest, ctx);
      await restore(release, server, manifest, order, ctx);
      restoredInMs = Math.round(ctx.clock.monotonic() - from);
      return { good: true, detail: `restored into PostgreSQL ${server.version}` };
    });
    if (!isRestored || !server) return result();
    const there = server;
    ctx.progress('looking at the structure');
    if (!(await look(4, () => structure(release, there, manifest, order, ctx)))) return result();
    ctx.progress('comparing rows and sums');
    if (!(await look(5, () => there.use(restored, (client) => content(client, manifest, ctx)))))
      return result();
    if (order.smoke.length > 0)
      await look(6, () => there.use(restored, (client) => smoke(client, order.smoke)));
    return result();
  } finally {
    await server?.stop();
  }
}

async function restore(
  release: Release,
  server: ScratchServer,
  { encoding, collate, ctype }: LogicalManifest,
  { folder }: ProofOrder,
  ctx: EngineContext,
): Promise<void> {
  const roles = readFileSync(join(folder, 'roles.sql'), 'utf8');
  await server.use('postgres', async (client) => {
    // A role that is there already, ourselves say, or an option of a newer release: the grants tell what lacks.
    for (const statement of roles.split('\n').filter((line) => /^(CREATE|GRANT) /.test(line)))
      await client.query(statement).catch(() => {});
    const create = (locale: string) =>
      client.query(`CREATE DATABASE ${restored} TEMPLATE template0 ENCODING '${encoding}' ${locale}`);
    const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
    // A locale that this machine does not have sorts otherwise and loses nothing.
    await create(`LC_COLLATE ${quoted(collate)} LC_CTYPE ${quoted(ctype)}`).catch(() =>
      create("LC_COLLATE 'C' LC_CTYPE 'C'"),
    );
  });
  const ended = await spawnProgram(
    [
      join(release.bin, 'pg_restore'),
      '--host',
      server.socket,
      '--username',
      scratchUser,
      '--dbname',
      restored,
    ].concat('--jobs=2', '--exit-on-error', '--no-password', '--no-subscriptions', join(folder, 'dump')),
    { signal: ctx.signal, clock: ctx.clock },
  );
  if (ended.code !== 0) throw new Error(`pg_restore failed (exit code ${ended.code}): ${ended.text}`);
}

/** Indexes against their tables by amcheck, and the schema against that of the source. */
async function structure(
  release: Release,
  server: ScratchServer,
  manifest: LogicalManifest,
  { scratch }: ProofOrder,
  ctx: EngineContext,
): Promise<Finding> {
  const login = ['--host', server.socket, '--username', scratchUser, '--no-password'];
  const file = join(scratch, 'schema.sql');
  const schema = await schemaOf(
    release,
    [...login, '--dbname', restored],
    { signal: ctx.signal, clock: ctx.clock },
    file,
  );
  const checked = await spawnProgram(
    [
      join(release.bin, 'pg_amcheck'),
      ...login,
      '--install-missing',
      '--heapallindexed',
      '--parent-check',
      restored,
    ],
    { signal: ctx.signal, clock: ctx.clock },
  );
  // Its exit code alone is no verification: what it found stands in what it wrote.
  if (checked.code !== 0 || checked.text !== '')
    return { good: false, detail: `pg_amcheck (exit code ${checked.code}): ${plain(checked.text, 500)}` };
  if (schema !== manifest.schema)
    return { good: false, detail: 'the schema that was restored is not the one that was backed up' };
  return { good: true, detail: 'amcheck finds every row in its indexes; the schema is the same' };
}

async function content(client: Client, manifest: LogicalManifest, ctx: EngineContext): Promise<Finding> {
  const ask = async <Row extends object>(sql: string) => (await client.query(sql)).rows as Row[];
  const found = await readContent(ask, () => ctx.signal.throwIfAborted());
  const tables = count(found.length, 'table');
  return said(
    contentDifferences(manifest.content, found),
    `rows and sums of ${tables} are those of the source`,
  );
}

async function smoke(client: Client, queries: readonly Smoke[]): Promise<Finding> {
  await client.query('SET search_path = "$user", public');
  for (const { query } of queries) {
    const { rows } = await client.query<Record<string, unknown>>({
      text: query,
      queryMode: 'extended',
    } as never);
    const [first] = Object.values(rows[0] ?? {});
    if (first !== true && first !== 't')
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

const mostNamed = 5;

function said(differences: readonly string[], otherwise: string): Finding {
  if (differences.length === 0) return { good: true, detail: otherwise };
  const more = differences.length > mostNamed ? `; ${differences.length - mostNamed} more` : '';
  return { good: false, detail: `${differences.slice(0, mostNamed).join('; ')}${more}` };
}
