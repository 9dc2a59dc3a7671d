/** A restore straight out of a copy elsewhere: downloaded beside, opened and compared, restored like any backup, and removed again. */
import type { BoundEngine, RestoreInto, RestoreOrder, RestorePlan } from '../../../core/backup/engine.ts';
import type { BackupView } from '../../../core/backup/view.ts';
import { amount } from '../../../core/rule-words.ts';
import type { Ground } from '../ground.ts';
import { inScratch } from '../scratch.ts';
import type { Offsite } from './index.ts';

/**
 * What can be said without downloading it: what its engine says by the manifest alone, with the way from there to here before
 * it. What the engine refuses is refused before a byte is downloaded.
 */
export async function planCopyRestore(
  { folder, startedAt, bytes, plan }: BackupView,
  order: RestoreOrder,
  engine: BoundEngine,
  { moment, planOf, quietly }: Pick<Ground, 'moment' | 'planOf' | 'quietly'>,
): Promise<RestorePlan> {
  const { into, until } = order;
  const where =
    into.kind === 'database' ? `the new database ${into.name}` : into.kind === 'folder' ? into.folder : '';
  const impossible = impossibleFor(into, until, engine);
  // One that keeps the log reads it beside its backup, which is not here yet.
  const isByManifest = impossible === null && planOf(plan).keepsLog !== true && engine.planRestore;
  const own = isByManifest ? await engine.planRestore(order, quietly()) : null;
  return {
    impossible: impossible ?? own?.impossible ?? null,
    reaches: startedAt,
    losses: [`what was written since ${moment(startedAt)}`],
    steps: [
      `download ${amount(bytes, 'bytes')} from ${folder}, open them and compare every sum`,
      ...(own?.steps ?? [`restore what was downloaded into ${where}`]),
      'remove what was downloaded',
    ],
    restoredBytes: own?.restoredBytes ?? null,
  };
}

function impossibleFor(into: RestoreInto, until: number | null, engine: BoundEngine): string | null {
  if (!engine.restore) return `${engine.id} cannot restore yet`;
  if (into.kind === 'over')
    return 'a copy goes into a folder or a new database first: --into folder:/srv/x or --into database:name';
  const places = engine.restoresInto?.filter((kind) => kind !== 'over');
  if (places && !places.includes(into.kind))
    return `${engine.id} restores into ${places.map((kind) => (kind === 'folder' ? 'a folder (--into folder:/srv/x)' : 'a new database (--into database:name)')).join(' or ')}`;
  return until === null
    ? null
    : 'a copy holds no log, so it is restored to its own end alone: leave until out';
}

/** In the scratch folder of the plan, which a start after a kill sweeps. @throws UpkeepError where it is not as it was written */
export async function withFetched<T>(
  { desk, planOf }: Ground,
  fetch: Offsite['fetch'],
  { id, plan }: BackupView,
  by: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const own = { id: `${desk.newId()}-restore`, kind: 'download', plan, backup: id } as const;
  return inScratch(desk, own, planOf(plan), async (scratch) => {
    await fetch(id, scratch, by);
    return work(scratch);
  });
}
