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
}

/** False when it is not being copied any more. */
export async function settle(tx: Tx, id: string, endedAt: number, result: CopyResult): Promise<boolean> {
  const { bytes, detail, writtenAt, lockedUntil, sum } = result;
  const { numUpdatedRows } = await tx
    .updateTable('backups')
    .set({
      ...{ state: 'good', ended_at: endedAt, seen_at: endedAt, bytes, detail, copy_sum: sum },
      ...{ written_at: writtenAt, locked_until: lockedUntil },
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
}

/** One that was found, whole by its index. It is pinned: what another store sent is not ours to let go. */
export async function adopt(tx: Tx, seenAt: number, copy: AdoptedCopy): Promise<void> {
  const { manifest, bytes, detail, writtenAt, lockedUntil, sum, copyOf, ...row } = copy;
  await backups.insert(tx, row);
  await tx
    .updateTable('backups')
    .set({
      ...{ copy_of: copyOf, manifest: JSON.stringify(manifest), bytes, detail, copy_sum: sum },
      ...{ state: 'good', ended_at: writtenAt ?? row.startedAt, is_pinned: 1 },
      ...{ seen_at: seenAt, written_at: writtenAt, locked_until: lockedUntil },
    })
    .where('id', '=', row.id)
    .execute();
}

/** SHA-256 of its index; null where that is not known. */
export async function sumOf(db: Tx, id: string): Promise<string | null> {
  const row = await db.selectFrom('backups').select('copy_sum').where('id', '=', id).executeTakeFirst();
  return row?.copy_sum ?? null;
}
