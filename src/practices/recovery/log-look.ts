/** Looks now and then at the log that was received, so that damage is told within the hour and not by the next restore. */
import type { BackupSettings } from '../../core/backup/settings.ts';
import { hasGap } from '../../core/backup/view.ts';
import * as rows from '../../store/backups.ts';
import { type Ground, localRepository, messageOf, placeOf } from './ground.ts';

/**
 * @returns the id of the newest backup where the log behind it was found wrong and its last proof does not say so yet; null
 * where nothing is known to be wrong
 */
export async function flawedSince(ground: Ground, plan: BackupSettings): Promise<string | null> {
  const { store, log } = ground.desk;
  const { logFlaw } = ground.engineOf(plan);
  if (!logFlaw) return null;
  const known = await rows.list(store.db, {
    now: ground.desk.clock.now(),
    plan: plan.name,
    states: ['good'],
    limit: 200,
  });
  const newest = known.find(({ repository }) => repository === localRepository);
  if (newest === undefined || newest.proofs[0]?.isGood === false || hasGap(newest.proofs[0])) return null;
  const manifest = (await rows.manifestOf(store.db, newest.id)) ?? {};
  try {
    const flaw = await logFlaw({ ...placeOf(newest), manifest }, ground.quietly());
    return flaw === null ? null : newest.id;
  } catch (error) {
    // A proof says what of the backup itself is wrong; here it is only asked for the log.
    log.warn('the received log could not be looked at', { plan: plan.name, detail: messageOf(error) });
    return null;
  }
}
