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
const files = z.looseObject({
  format: z.literal(1),
  /** The moment that it holds, epoch milliseconds. */
  at: z.number().optional(),
  files: z.record(z.string(), z.object({ bytes: z.number(), sha256: z.string() })),
});
/** What those of copies have that the log beside them follows. */
const withLog = z.looseObject({
  format: z.literal(1),
  bytes: z.number(),
  /** Where in the log it begins, in bytes of log. */
  from: z.number(),
});

/** What the manifest in a folder says of it. */
interface Whole {
  readonly manifest: Readonly<Record<string, unknown>>;
  /** The moment that it holds, epoch milliseconds; null where the manifest does not say. */
  readonly at: number | null;
  readonly bytes: number;
  readonly logFrom: number | null;
  /** `7 files, 1.2 MiB` */
  readonly what: string;
}

export interface FoldersOrder {
  readonly foreign: readonly ForeignView[];
  /** Of this plan, whatever became of them. */
  readonly known: readonly BackupView[];
  /** Somebody asked: also what came since. */
  readonly isAsked: boolean;
}

/** Labels of those that are known from now on; of whole ones that stay foreign with their size in bytes. */
export async function adoptFolders(
  ground: Ground,
  plan: BackupSettings,
  { foreign, known, isAsked }: FoldersOrder,
): Promise<{ readonly adopted: ReadonlySet<string>; readonly whole: ReadonlyMap<string, number> }> {
  const { desk, note, engineOf } = ground;
  const adopted = new Set<string>();
  const whole = new Map<string, number>();
  if (engineOf(plan).list) return { adopted, whole };
  const since = isAsked ? Number.POSITIVE_INFINITY : await seenSince(ground, plan, known);
  const { store, clock } = desk;
  for (const { label, at } of foreign.filter((one) => idForm.test(one.label))) {
    const folder = join(repositoryOf(plan), label);
    const found = wholeIn(folder, plan);
    if (found === null || (await rows.byId(store.db, label))) continue;
    const { manifest, bytes, logFrom, what } = found;
    const startedAt = found.at ?? Math.min(idTime(label), at);
    if (startedAt >= since) {
      whole.set(label, bytes);
      continue;
    }
    const detail = `found in its folder: ${what}; it was not taken by this store`;
    await store.transaction(async (tx) => {
      const { name, target, engine } = plan;
      await rows.insert(tx, {
        ...{ id: label, plan: name, target, engine, repository: localRepository, folder, startedAt },
      });
      await rows.settle(tx, label, Math.max(startedAt, at), {
        ...{ state: 'good', kind: 'full', needs: [], bytes, logFrom, manifest, detail },
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

/** When an id of ours was made, epoch milliseconds. Source: RFC 9562, 5.7 */
function idTime(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}

function wholeIn(folder: string, { keepsLog }: Pick<BackupSettings, 'keepsLog'>): Whole | null {
  try {
    const text: unknown = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
    if (keepsLog === true) {
      const manifest = withLog.parse(text);
      const { bytes, from } = manifest;
      const what = `${amount(bytes, 'bytes')}, and the log from then on`;
      return { manifest, at: null, bytes, logFrom: from, what };
    }
    const manifest = files.parse(text);
    const all = Object.values(manifest.files);
    const bytes = all.reduce((sum, file) => sum + file.bytes, 0);
    const what = `${count(all.length, 'file')}, ${amount(bytes, 'bytes')}`;
    return { manifest, at: manifest.at ?? null, bytes, logFrom: null, what };
  } catch {
    // Another thing, or half of one: it stays foreign.
    return null;
  }
}
