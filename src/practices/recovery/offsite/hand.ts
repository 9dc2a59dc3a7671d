/** Deletes copies, with credentials of its own: those of the writer are never used for it. */
import type { Buckets } from '../../../core/backup/bucket.ts';
import type { BackupSettings, OffsiteSettings } from '../../../core/backup/settings.ts';
import type { RepositoryHand } from '../deletion.ts';
import { indexName } from './index-file.ts';
import { keysOf } from './place.ts';

export function handOf(
  buckets: Buckets,
  settingsOf: (plan: BackupSettings) => OffsiteSettings,
): RepositoryHand {
  return {
    /** Those of which anything lies there. */
    async preview(plan, backups, { signal }) {
      const settings = settingsOf(plan);
      const bucket = buckets.open(settings, settings.writer);
      try {
        const there: string[] = [];
        for (const { id, folder } of backups)
          if ((await bucket.list(keysOf(settings, folder), signal)).length > 0) there.push(id);
        return there;
      } finally {
        bucket.close();
      }
    },
    async remove(plan, { folder }, { signal }) {
      const settings = settingsOf(plan);
      const remover = buckets.openRemover(settings, deleterOf(plan.name, settings));
      try {
        await remover.removeAll(`${keysOf(settings, folder)}${indexName}`, signal);
        await remover.removeAll(keysOf(settings, folder), signal);
      } finally {
        remover.close();
      }
    },
    async isWhole(plan, { folder }, { signal }) {
      const settings = settingsOf(plan);
      const bucket = buckets.open(settings, settings.writer);
      try {
        return (await bucket.list(`${keysOf(settings, folder)}${indexName}`, signal)).length > 0;
      } finally {
        bucket.close();
      }
    },
  };
}

/** @throws where there is none, or where it is the writer under another word */
export function deleterOf(plan: string, { deleter, writer }: OffsiteSettings): OffsiteSettings['writer'] {
  if (deleter === null)
    throw new Error(`offsite: of ${plan} names no deleter, and the writer's key is not used to delete`);
  if (deleter.accessKey === writer.accessKey)
    throw new Error(`the deleter of ${plan} has the writer's key, which is not used to delete`);
  return deleter;
}
