import { join } from 'node:path';
import type { EngineContext, Restored, RestoreOrder, RestorePlan } from '../../../core/backup/engine.ts';
import { saidOf } from '../../../core/backup/looking.ts';
import { planOneMoment } from '../../../core/backup/one-moment.ts';
import { count } from '../../../core/count.ts';
import { fillFolder, folderObstacle } from '../../../machine/empty-folder.ts';
import type { HostConnection } from '../connection.ts';
import { filesManifest } from './manifest.ts';
import { ask, dropStaleLocks, repositoryIn } from './repository.ts';
import { bringBack, givesOwners, sumRestored, treeOf, walkRestored } from './restored.ts';
import { contentDifferences, structureDifferences } from './tree.ts';

/** Into an empty folder, from which the team takes what it needs: nothing that lives is written over. */
export async function planRestore(
  _conn: HostConnection,
  order: RestoreOrder,
  ctx: EngineContext,
): Promise<RestorePlan> {
  const { at, bytes, files, paths } = filesManifest.parse(order.manifest);
  const { into } = order;
  const folder = into.kind === 'folder' ? into.folder : 'the folder';
  return planOneMoment(
    'host.files',
    order,
    {
      ...{ at, restoredBytes: bytes, into: ['folder'] },
      obstacle: into.kind === 'folder' ? folderObstacle(into.folder) : null,
      steps: [
        `restore ${count(files, 'file')} into ${folder}, each below its whole path (${join(folder, paths[0] ?? '')})`,
        'compare modes, times and sums with those that were backed up; what differs is removed again',
        'you: move what you need to its place',
      ],
    },
    ctx.clock.now(),
  );
}

export async function restore(
  conn: HostConnection,
  order: RestoreOrder,
  ctx: EngineContext,
): Promise<Restored> {
  const { impossible } = await planRestore(conn, order, ctx);
  if (impossible !== null || order.into.kind !== 'folder')
    throw new Error(impossible ?? 'host.files restores into a folder');
  const { folder } = order.into;
  const manifest = filesManifest.parse(order.manifest);
  const repository = repositoryIn(order.folder);
  const from = ctx.clock.monotonic();
  const tree = treeOf(repository, manifest);
  await dropStaleLocks(repository, ctx);
  await fillFolder(folder, async () => {
    await bringBack(repository, manifest, { folder, words: `restoring into ${folder}` }, ctx);
    const found = await walkRestored(folder, manifest.paths, ctx);
    const sums = await sumRestored(folder, tree, found, ctx);
    const { good, detail } = saidOf(
      [...structureDifferences(tree, found, givesOwners()), ...contentDifferences(tree, sums)],
      '',
    );
    if (!good) throw new Error(`what was restored differs from what was backed up: ${detail}`);
  });
  return {
    reached: manifest.at,
    tookMs: Math.round(ctx.clock.monotonic() - from),
    with: /restic [\d.]+/.exec(await ask(repository, ['version'], ctx))?.[0] ?? 'restic',
    at: `${count(manifest.paths.length, 'path')} below ${folder}, as in ${join(folder, manifest.paths[0] ?? '')}`,
  };
}
