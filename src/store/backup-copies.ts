/** Copies of backups elsewhere: rows among the backups, with a repository and proofs of their own. */
import type { Manifest } from '../core/backup/engine.ts';
import type { BackupView } from '../core/backup/view.ts';
import * as backups from './backups.ts';
import type { Tx } from './index.ts';

/** One that is being copied: of the same moment as its source, and restored by what was written down of that. */
export async function insert(
  tx: Tx,
  source: BackupView,
  copy: Pick<BackupView, 'id' | 'repository' | 'folder'>,
): Promise<void> {
  const { plan, target, engine, startedAt, kind, logFrom } = source;
  await backups.insert(tx, { ...copy, plan, target, engine, startedAt });
  const manifest = await backups.manifestOf(tx, source.id);
  await tx
    .updateTable('backups')
    .set({ kind, log_from: logFrom, copy_of: source.id, manifest: manifest && JSON.stringify(manifest) })
    .where('id', '=', copy.id)
    .execute();
}

export interface CopyResult extends Pick<BackupView, 'bytes' | 'detail' | 'writtenAt' | 'lockedUntil'> {
  /** SHA-256 of its index. */
  readonly sum: string;
  /** SHA-256 of its locked key. */
  readonly keySum: string;
}

/** False when it is not being copied any more. */
export async function settle(tx: Tx, id: string, endedAt: number, result: CopyResult): Promise<boolean> {
  const { bytes, detail, writtenAt, lockedUntil, sum, keySum } = result;
  const { numUpdatedRows } = await tx
    .updateTable('backups')
    .set({
      ...{ state: 'good', ended_at: endedAt, seen_at: endedAt, bytes, detail, copy_sum: sum },
      ...{ copy_key_sum: keySum, written_at: writtenAt, locked_until: lockedUntil },
    })
    .where('id', '=', id)
    .where('state', '=', 'taking')
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export interface AdoptedCopy
  extends Pick<
    BackupView,
    'id' | 'plan' | 'target' | 'engine' | 'repository' | 'folder' | 'startedAt' | 'copyOf'
  > {
  readonly manifest: Manifest;
  readonly bytes: number;
  readonly detail: string;
  readonly writtenAt: number | null;
  readonly lockedUntil: number | null;
  readonly sum: string;
  readonly keySum: string;
}

/** One that was found, whole by its index. It is pinned: what another store sent is not ours to let go. */
export async function adopt(tx: Tx, seenAt: number, copy: AdoptedCopy): Promise<void> {
  const { manifest, bytes, detail, writtenAt, lockedUntil, sum, keySum, copyOf, ...row } = copy;
  await backups.insert(tx, row);
  await tx
    .updateTable('backups')
    .set({
      ...{ copy_of: copyOf, manifest: JSON.stringify(manifest), bytes, detail, copy_sum: sum },
      ...{ copy_key_sum: keySum, state: 'good', ended_at: writtenAt ?? row.startedAt, is_pinned: 1 },
      ...{ seen_at: seenAt, written_at: writtenAt, locked_until: lockedUntil },
    })
    .where('id', '=', row.id)
    .execute();
}

/** SHA-256 of its index and of its locked key; null where that is not known. */
export async function sumsOf(db: Tx, id: string): Promise<{ sum: string | null; keySum: string | null }> {
  const row = await db
    .selectFrom('backups')
    .select(['copy_sum', 'copy_key_sum'])
    .where('id', '=', id)
    .executeTakeFirst();
  return { sum: row?.copy_sum ?? null, keySum: row?.copy_key_sum ?? null };
}

/** Its key opened, so it is whole: the same bytes that do not open any more are told from others. */
export async function keyOpened(db: Tx, id: string, keySum: string): Promise<void> {
  await db.updateTable('backups').set({ copy_key_sum: keySum }).where('id', '=', id).execute();
}
