import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineContext, ProofOrder, Proving } from '../../../core/backup/engine.ts';
import { type Finding, type Looking, saidOf, startLooking } from '../../../core/backup/looking.ts';
import { beginStretch } from '../../../core/backup/progress.ts';
import { presenceOf } from '../../../core/backup/size.ts';
import { Lack } from '../../../core/lack.ts';
import { readLengths } from '../../../machine/file-sums.ts';
import { whileMeasured } from '../../../machine/folder-bytes.ts';
import { spawnProgram } from '../../../machine/spawn-program.ts';
import type { PostgresConnection } from '../client.ts';
import { amcheck, sameContent, smoke } from './findings.ts';
import { fileDifferences, type LogicalManifest, logicalManifest, readFiles } from './manifest.ts';
import { hasServer, type Release, releaseFor } from './programs.ts';
import { databaseBytes, restoredSize } from './restored-size.ts';
import { type ScratchServer, scratchUser, startScratch } from './scratch.ts';
import { failureIn } from './server-lack.ts';
import { schemaOf } from './take-logical.ts';

const restored = 'restored';

export async function prove(
  _conn: PostgresConnection,
  order: ProofOrder,
  ctx: EngineContext,
): Promise<Proving> {
  const seen = startLooking(ctx);
  const { look } = seen;
  const parsed = logicalManifest.safeParse(order.manifest);
  const isSane = await look(0, async () => {
    const { 'manifest.json': _own, ...files } = await readLengths(order.folder);
    return presenceOf(parsed.success ? parsed.data.files : null, files, order.usualBytes);
  });
  const failed = { looks: seen.looks, restoredInMs: null, with: 'nothing' };
  if (!isSane || !parsed.success) return failed;
  const manifest = parsed.data;
  if (!(await look(1, () => checkFiles(manifest, order, ctx)))) return failed;
  await look(2, async () => ({ good: true, detail: 'a dump needs no log' }));
  if (order.withoutRestore) return failed;
  return restoreAndLook(manifest, order, ctx, seen);
}

async function checkFiles(
  manifest: LogicalManifest,
  { folder }: ProofOrder,
  ctx: EngineContext,
): Promise<Finding> {
  const { 'manifest.json': _own, ...files } = await readFiles(folder, ctx.signal);
  return saidOf(fileDifferences(manifest.files, files), 'every file is as it was written');
}

async function restoreAndLook(
  manifest: LogicalManifest,
  order: ProofOrder,
  ctx: EngineContext,
  { looks, look }: Looking,
): Promise<Proving> {
  const from = ctx.clock.monotonic();
  let restoredInMs: number | null = null;
  let server: ScratchServer | undefined;
  const result = () => ({ looks, restoredInMs, with: server ? `PostgreSQL ${server.version}` : 'nothing' });
  try {
    const release = releaseFor(manifest.major);
    const isRestored = await look(3, async () => {
      if (!hasServer(release))
        throw new Lack(
          `no PostgreSQL ${release.major} server to restore into: apt-get install postgresql-${release.major}`,
        );
      const stretch = beginStretch(ctx, 'restoring into a scratch server', restoredSize(manifest));
      const scratch = await startScratch(release, order.scratch, manifest, ctx);
      server = scratch;
      await whileMeasured(
        () => scratch.use('postgres', (client) => databaseBytes(client, restored)),
        (bytes) => stretch.at(bytes),
        ctx,
        () => restore(release, scratch, manifest, order, ctx),
      );
      restoredInMs = Math.round(ctx.clock.monotonic() - from);
      return { good: true, detail: `restored into PostgreSQL ${server.version}` };
    });
    if (!isRestored || !server) return result();
    const there = server;
    ctx.progress('looking at the structure');
    if (!(await look(4, () => structure(release, there, manifest, order, ctx)))) return result();
    ctx.progress('comparing rows and sums');
    if (!(await look(5, () => sameContent((work) => there.use(restored, work), manifest.content, ctx))))
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
  if (ended.code !== 0) throw failureIn(`pg_restore failed (exit code ${ended.code}): ${ended.text}`);
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
  const wrong = await amcheck(release, login, [restored], { signal: ctx.signal, clock: ctx.clock });
  if (wrong !== null) throw failureIn(wrong);
  if (schema !== manifest.schema)
    return { good: false, detail: 'the schema that was restored is not the one that was backed up' };
  return { good: true, detail: 'amcheck finds every row in its indexes; the schema is the same' };
}
