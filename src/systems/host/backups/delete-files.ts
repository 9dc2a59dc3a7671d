/** Snapshots go by `forget` and `prune`, and only what restic's own dry run named. */
import { rm } from 'node:fs/promises';
import type { DeletionPreview, EngineContext, Held, Place } from '../../../core/backup/engine.ts';
import { plain } from '../../../core/plain.ts';
import type { HostConnection } from '../connection.ts';
import { treeFile } from './manifest.ts';
import { ask, dropStaleLocks, isThere, repositoryIn, snapshotsIn } from './repository.ts';

export async function list(
  _conn: HostConnection,
  { folder }: Place,
  ctx: EngineContext,
): Promise<readonly Held[]> {
  const repository = repositoryIn(folder);
  return (await snapshotsIn(repository, ctx)).map(({ id, at, bytes }) => ({
    ...{ label: id, kind: 'full', needs: [], bytes, startedAt: at, endedAt: at, writtenAt: at },
    ...{ logFrom: null, lockedUntil: null },
  }));
}

export async function planDeletion(
  _conn: HostConnection,
  { folder }: Place,
  labels: readonly string[],
  ctx: EngineContext,
): Promise<DeletionPreview> {
  const repository = repositoryIn(folder);
  assertLabels(labels);
  if (labels.length === 0 || !(await isThere(repository, ctx)))
    return { labels: [], detail: 'nothing would go' };
  const held = await snapshotsIn(repository, ctx);
  const output = await ask(repository, ['forget', '--dry-run', '--no-lock', ...labels], ctx);
  const [, named = ''] = /Would have removed the following snapshots:\s*\{([^}]*)\}/.exec(output) ?? [];
  const short = named.match(/[0-9a-f]{8,64}/g) ?? [];
  return {
    labels: held.filter(({ id }) => short.some((one) => id.startsWith(one))).map(({ id }) => id),
    detail: plain(output, 500),
  };
}

export async function applyDeletion(
  conn: HostConnection,
  place: Place,
  labels: readonly string[],
  ctx: EngineContext,
): Promise<void> {
  const repository = repositoryIn(place.folder);
  assertLabels(labels);
  if (!(await isThere(repository, ctx))) return;
  await dropStaleLocks(repository, ctx);
  const before = await snapshotsIn(repository, ctx);
  // Gone already where a removal was cut off: then what it left is cleared away.
  const going = labels.filter((label) => before.some(({ id }) => id === label));
  const preview = await planDeletion(conn, place, going, ctx);
  if (preview.labels.toSorted().join() !== going.toSorted().join())
    throw new Error(`restic would delete ${preview.labels.join(', ') || 'nothing'}, not what was planned`);
  if (going.length > 0) await ask(repository, ['forget', ...going], ctx);
  const after = new Set((await snapshotsIn(repository, ctx)).map(({ id }) => id));
  const lost = before.filter(({ id }) => !after.has(id) && !labels.includes(id));
  if (lost.length > 0) throw new Error(`restic also deleted ${lost.map(({ id }) => id).join(', ')}`);
  if (going.some((label) => after.has(label))) throw new Error('restic did not delete what it said it would');
  for (const label of labels) await rm(treeFile(repository, label), { force: true });
  await ask(repository, ['prune'], ctx);
}

/** Whole names only: the beginning of one, or `latest`, could mean another. */
function assertLabels(labels: readonly string[]): void {
  const wrong = labels.find((label) => !/^[0-9a-f]{64}$/.test(label));
  if (wrong !== undefined) throw new Error(`${plain(wrong, 80)} is no name of a snapshot`);
}
