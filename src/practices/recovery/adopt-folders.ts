/**
 * Backups in folders of their own that a new store does not know: whole ones have their manifest beside them. They count
 * like any other, are not proven before they were looked at, and nobody but a person lets them go.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { BackupSettings } from '../../core/backup/settings.ts';
import type { ForeignView } from '../../core/backup/view.ts';
import { count } from '../../core/count.ts';
import { amount } from '../../core/rule-words.ts';
import * as rows from '../../store/backups.ts';
import { type Ground, localRepository, repositoryOf } from './ground.ts';

/** Ids of ours alone: what somebody put there under a name of his own stays foreign. */
const idForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What the manifests of all dumps and snapshots have. */
const schema = z.looseObject({
  format: z.literal(1),
  /** The moment that it holds, epoch milliseconds. */
  at: z.number().optional(),
  files: z.record(z.string(), z.object({ bytes: z.number(), sha256: z.string() })),
});

/** Labels of those that are known from now on. */
export async function adoptFolders(
  { desk, note, engineOf }: Ground,
  plan: BackupSettings,
  foreign: readonly ForeignView[],
): Promise<ReadonlySet<string>> {
  const adopted = new Set<string>();
  // A copy that needs a log beside it says too little of that by itself.
  if (engineOf(plan).list || plan.keepsLog) return adopted;
  const { store, clock } = desk;
  for (const { label, at } of foreign.filter((one) => idForm.test(one.label))) {
    const folder = join(repositoryOf(plan), label);
    const manifest = manifestIn(folder);
    if (manifest === null || (await rows.byId(store.db, label))) continue;
    const bytes = Object.values(manifest.files).reduce((sum, file) => sum + file.bytes, 0);
    const files = count(Object.keys(manifest.files).length, 'file');
    const detail = `found in its folder: ${files}, ${amount(bytes, 'bytes')}; it was not taken by this store`;
    await store.transaction(async (tx) => {
      const { name, target, engine } = plan;
      const startedAt = manifest.at ?? at;
      await rows.insert(tx, {
        ...{ id: label, plan: name, target, engine, repository: localRepository, folder, startedAt },
      });
      await rows.settle(tx, label, Math.max(startedAt, at), {
        ...{ state: 'good', kind: 'full', needs: [], bytes, logFrom: null, manifest, detail },
      });
      await rows.seen(tx, { id: label, writtenAt: at, lockedUntil: null }, clock.now());
      await rows.pin(tx, label, true);
      await note(tx, 'upkeep', 'backup.adopted', name, { id: label, target, detail });
    });
    adopted.add(label);
  }
  if (adopted.size > 0) desk.changed();
  return adopted;
}

function manifestIn(folder: string): z.output<typeof schema> | null {
  try {
    return schema.parse(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')));
  } catch {
    // Another thing, or half of one: it stays foreign.
    return null;
  }
}
