/** Takes over what another Upkeep or a hand put into the repository of a plan, because somebody asked for it. */
import type { EngineContext } from '../../core/backup/engine.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import type { BackupView, ForeignView } from '../../core/backup/view.ts';
import { UpkeepError } from '../../core/verb.ts';
import * as rows from '../../store/backups.ts';
import type { Ground } from './ground.ts';
import { writeLookedAt } from './looked-at.ts';
import type { Sync } from './sync.ts';

export interface Adopted {
  readonly plan: string;
  /** They count from now on: pinned, and not proven. */
  readonly adopted: readonly BackupView[];
  /** Nothing here can restore them, so they count for nothing; they hold no removal back any more. */
  readonly left: readonly ForeignView[];
}

const wholeCatalogue = 20_000;

/** @throws UpkeepError where the repository cannot be seen, or holds nothing that is not known */
export async function adoptAsked(
  ground: Ground,
  { sync }: Pick<Sync, 'sync'>,
  order: { readonly plan: BackupSettings; readonly by: string; readonly why: string },
  ctx: EngineContext,
): Promise<Adopted> {
  const { plan, by, why } = order;
  const { clock, store } = ground.desk;
  const { name } = plan;
  const listed = () => rows.list(store.db, { now: clock.now(), plan: name, limit: wholeCatalogue });
  const before = new Set((await listed()).map(({ id }) => id));
  const { foreign, unseen, seconds } = await sync(plan, ctx, true);
  const trouble = unseen ?? seconds.find((one) => one.trouble !== null)?.trouble ?? null;
  if (trouble !== null)
    throw new UpkeepError('conflict', `${name}: what lies in its repository could not be seen: ${trouble}`);
  const adopted = (await listed()).filter(({ id, state }) => !before.has(id) && state === 'good');
  const left = foreign.filter(({ holdsBack }) => holdsBack);
  if (adopted.length + left.length === 0)
    throw new UpkeepError('conflict', `${name}: nothing lies there that this Upkeep does not know`);
  await store.transaction(async (tx) => {
    await writeLookedAt(
      tx,
      plan,
      foreign.map(({ label }) => label),
    );
    const labels = [...adopted.map(({ id, label }) => label ?? id), ...left.map(({ label }) => label)];
    await ground.note(tx, by, 'backup.looked-at', name, { labels, why });
  });
  await sync(plan, ctx);
  ground.desk.changed();
  return { plan: name, adopted, left };
}
