/** Since when this store watches a repository: what came later and is not in the catalogue was taken by somebody else. */
import type { BackupSettings } from '../../core/backup/settings.ts';
import type { BackupView } from '../../core/backup/view.ts';
import * as meta from '../../store/meta.ts';
import type { Ground } from './ground.ts';

const keyOf = (plan: string) => `backups.seen-since.${plan}`;

/** When this store first saw the plan; of one that is older than this question, when it took its first backup. */
export async function seenSince(
  { desk }: Pick<Ground, 'desk'>,
  { name }: Pick<BackupSettings, 'name'>,
  known: readonly Pick<BackupView, 'startedAt'>[],
): Promise<number> {
  const { clock, store } = desk;
  const said = await meta.read(store.db, keyOf(name));
  if (said !== undefined) return Number(said);
  const first = known.reduce((at, { startedAt }) => Math.min(at, startedAt), clock.now());
  await store.transaction((tx) => meta.write(tx, keyOf(name), String(first)));
  return first;
}
