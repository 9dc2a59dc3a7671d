/**
 * Backups in folders of their own that a new store does not know: whole ones have their manifest beside them. They count
 * like any other, are not proven before they were looked at, and nobody but a person lets them go. What came since this store
 * first saw the plan was put there by another Upkeep: it stays foreign until somebody asks for it to be taken over.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { BackupSettings } from '../../core/backup/settings.ts';
import type { BackupView, ForeignView } from '../../core/backup/view.ts';
import { count } from '../../core/count.ts';
import { amount } from '../../core/rule-words.ts';
import * as rows from '../../store/backups.ts';
import { type Ground, localRepository, repositoryOf } from './ground.ts';
import { seenSince } from './seen-since.ts';

/** Ids of ours alone: what somebody put there under a name of his own stays foreign. */
const idForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What the manifests of all dumps and snapshots have. */
const schema = z.looseObject({
  format: z.literal(1),
  /** The moment that it holds, epoch milliseconds. */
  at: z.number().optional(),
  files: z.record(z.string(), z.object({ bytes: z.number(), sha256: z.string() })),
});

export interface FoldersOrder {
  readonly foreign: readonly ForeignView[];
  /** Of this plan, whatever became of them. */
  readonly known: readonly BackupView[];
  /** Somebody asked: also what came since. */
  readonly isAsked: boolean;
}

/** Labels of those that are known from now on, and of whole ones that stay foreign. */
export async function adoptFolders(
  ground: Ground,
  plan: BackupSettings,
  { foreign, known, isAsked }: FoldersOrder,
): Promise<{ readonly adopted: ReadonlySet<string>; readonly whole: ReadonlySet<string> }> {
  const { desk, note, engineOf } = ground;
  const adopted = new Set<string>();
  const whole = new Set<string>();
  // A copy that needs a log beside it says too little of that by itself.
  if (engineOf(plan).list || plan.keepsLog) return { adopted, whole };
  const since = isAsked ? Number.POSITIVE_INFINITY : await seenSince(ground, plan, known);
  const { store, clock } = desk;
  for (const { label, at } of foreign.filter((one) => idForm.test(one.label))) {
    const folder = join(repositoryOf(plan), label);
    const manifest = manifestIn(folder);
    if (manifest === null || (await rows.byId(store.db, label))) continue;
    const startedAt = manifest.at ?? at;
    if (startedAt >= since) {
      whole.add(label);
      continue;
    }
    const bytes = Object.values(manifest.files).reduce((sum, file) => sum + file.bytes, 0);
    const files = count(Object.keys(manifest.files).length, 'file');
    const detail = `found in its folder: ${files}, ${amount(bytes, 'bytes')}; it was not taken by this store`;
    await store.transaction(async (tx) => {
      const { name, target, engine } = plan;
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
  return { adopted, whole };
}

function manifestIn(folder: string): z.output<typeof schema> | null {
  try {
    return schema.parse(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')));
  } catch {
    // Another thing, or half of one: it stays foreign.
    return null;
  }
}
