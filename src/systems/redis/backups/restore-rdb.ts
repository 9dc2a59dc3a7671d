import { copyFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineContext, Restored, RestoreOrder, RestorePlan } from '../../../core/backup/engine.ts';
import { planOneMoment } from '../../../core/backup/one-moment.ts';
import { fillFolder, folderObstacle } from '../../../machine/empty-folder.ts';
import { sha256OfFile } from '../../../machine/file-sums.ts';
import { freePortAfter } from '../../../machine/free-port.ts';
import { commandLine } from '../../../machine/run-program.ts';
import type { RedisConnection } from '../client.ts';
import { checkRdb } from './check-rdb.ts';
import { rdbFile, rdbManifest } from './manifest.ts';

const usualPort = 6_379;

/** A snapshot goes where a server of the team's is then started on it: Redis reads it only at its start. */
export async function planRestore(
  conn: RedisConnection,
  order: RestoreOrder,
  ctx: EngineContext,
): Promise<RestorePlan> {
  const { at, files } = rdbManifest.parse(order.manifest);
  const { into } = order;
  const folder = into.kind === 'folder' ? into.folder : 'the folder';
  return planOneMoment(
    'redis.rdb',
    order,
    {
      at,
      restoredBytes: files[rdbFile]?.bytes ?? null,
      into: ['folder'],
      obstacle: into.kind === 'folder' ? folderObstacle(into.folder) : null,
      steps: [`put ${rdbFile} into ${folder} and compare its checksum`, ...(await lookSteps(conn, folder))],
    },
    ctx.clock.now(),
  );
}

export async function restore(
  conn: RedisConnection,
  order: RestoreOrder,
  ctx: EngineContext,
): Promise<Restored> {
  const { impossible } = await planRestore(conn, order, ctx);
  if (impossible !== null || order.into.kind !== 'folder')
    throw new Error(impossible ?? 'restores into a folder');
  const { folder } = order.into;
  const { at, files } = rdbManifest.parse(order.manifest);
  const from = ctx.clock.monotonic();
  await fillFolder(folder, async () => {
    const partial = join(folder, `${rdbFile}.partial`);
    await copyFile(join(order.folder, rdbFile), partial);
    if ((await sha256OfFile(partial, ctx.signal)) !== files[rdbFile]?.sha256)
      throw new Error(`${rdbFile} has another checksum than when it was written: restore another backup`);
    await checkRdb(partial, ctx);
    await rename(partial, join(folder, rdbFile));
  });
  return {
    reached: at,
    tookMs: Math.round(ctx.clock.monotonic() - from),
    with: 'a copy of the snapshot',
    at: join(folder, rdbFile),
  };
}

/**
 * As they stand they work, beside the living one. Without the append-only file, which would begin empty and win over the
 * snapshot, and without a configuration, so it takes no part in any replication.
 */
async function lookSteps({ config }: RedisConnection, folder: string): Promise<string[]> {
  const port = String(await freePortAfter(Number(new URL(config.url).port || usualPort)));
  return [
    `start it beside the living one: ${startCommand(folder, port)}`,
    `look into it: ${commandLine(['redis-cli', '-p', port])}`,
    `end it again: ${commandLine(['redis-cli', '-p', port, 'SHUTDOWN', 'NOSAVE'])}`,
    `then put ${rdbFile} in the place of the old one while Redis is stopped (where it keeps an append-only file, start it once with --appendonly no), or lead the application to this server with its own settings`,
  ].map((step) => `you: ${step}`);
}

/** Beside the living one, reached from here alone. */
export function startCommand(folder: string, port: string): string {
  const own = ['--logfile', join(folder, 'redis.log'), '--daemonize', 'yes'];
  const server = ['--bind', '127.0.0.1', '--port', port, '--dir', folder, '--dbfilename', rdbFile];
  return commandLine(['redis-server', ...server, '--appendonly', 'no', ...own]);
}
