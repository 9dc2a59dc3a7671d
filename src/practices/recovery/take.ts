/** Takes a backup, and writes down whatever came of it. */
import { mkdir } from 'node:fs/promises';
import type { BoundEngine, EngineContext, Place, Taken } from '../../core/backup/engine.ts';
import { failureWords } from '../../core/backup/failure-words.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import type { BackupView } from '../../core/backup/view.ts';
import * as rows from '../../store/backups.ts';
import { beginFolder, dropUnfinished, finishFolder, folderOf } from './folders.ts';
import { type Ground, localRepository, messageOf, repositoryOf } from './ground.ts';

export interface TakeOrder {
  readonly plan: BackupSettings;
  readonly engine: BoundEngine;
  readonly id: string;
  readonly by: string;
  /** Of engines that keep several; the first where left out. */
  readonly repository?: string | undefined;
}

const orElse = 'name a folder on a larger disk as to: in upkeep.yaml';

export async function takeNow(
  { desk, note }: Ground,
  { plan, engine, id, by, repository = localRepository }: TakeOrder,
  ctx: EngineContext,
): Promise<BackupView> {
  const { clock, store } = desk;
  const { name, target } = plan;
  const isRepository = engine.list !== undefined;
  const folder = isRepository ? repositoryOf(plan) : folderOf(plan, id);
  await store.transaction((tx) =>
    rows.insert(tx, {
      ...{ id, plan: name, target, engine: engine.id, repository, folder },
      startedAt: clock.now(),
    }),
  );
  let result: rows.Result;
  try {
    const taken = isRepository
      ? await addTo(plan, { folder, ...(repository !== localRepository && { repository }) }, engine, ctx)
      : await fill(plan, { folder, ...(await lastOf(store.db, name, clock.now())) }, engine, ctx);
    result = { state: 'good', ...taken };
  } catch (error) {
    if (!isRepository) await dropUnfinished(folder);
    result = { state: 'failed', detail: failureWords(messageOf(error), { folder: plan.folder, orElse }) };
  }
  await store.transaction(async (tx) => {
    if (result.state === 'good')
      result = { ...result, needs: await idsOf(tx, plan, { repository, now: clock.now() }, result.needs) };
    await rows.settle(tx, id, clock.now(), result);
    const { state, detail } = result;
    await note(tx, by, state === 'good' ? 'backup.taken' : 'backup.failed', name, { id, target, detail });
  });
  desk.changed();
  const view = await rows.byId(store.db, id);
  if (!view) throw new Error(`the row of backup ${id} is gone`);
  return view;
}

/** The new one is about as large. */
async function lastOf(
  db: Parameters<typeof rows.list>[0],
  plan: string,
  now: number,
): Promise<Pick<Place, 'lastBytes'>> {
  const good = await rows.list(db, { now, plan, states: ['good'], limit: 20 });
  const last = good.find(({ copyOf, bytes }) => copyOf === null && bytes > 0);
  return last ? { lastBytes: last.bytes } : {};
}

async function fill(
  { paths }: BackupSettings,
  place: Place,
  engine: BoundEngine,
  ctx: EngineContext,
): Promise<Taken> {
  const folder = await beginFolder(place.folder);
  const taken = await engine.take({ ...place, folder, ...(paths && { paths }) }, ctx);
  await finishFolder(place.folder);
  return taken;
}

async function addTo(
  { paths }: BackupSettings,
  place: Place,
  engine: BoundEngine,
  ctx: EngineContext,
): Promise<Taken> {
  await mkdir(place.folder, { recursive: true, mode: 0o700 });
  const taken = await engine.take({ ...place, ...(paths && { paths }) }, ctx);
  if (taken.label === undefined) throw new Error(`${engine.id} does not say how its backup is called`);
  return taken;
}

/** By their labels; one that is in no row stays as it is, so that nothing it may need is ever taken for free. */
async function idsOf(
  tx: Parameters<typeof rows.list>[0],
  { name }: BackupSettings,
  { repository, now }: Pick<BackupView, 'repository'> & { readonly now: number },
  labels: readonly string[],
): Promise<string[]> {
  if (labels.length === 0) return [];
  const known = await rows.list(tx, { now, plan: name, states: ['good'], limit: 1_000 });
  const byLabel = new Map(known.map((one) => [`${one.repository} ${one.label}`, one.id]));
  return labels.map((label) => byLabel.get(`${repository} ${label}`) ?? label);
}
