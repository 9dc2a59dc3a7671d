/** Backups and what was proven of them. */
import { type Insertable, type Selectable, sql } from 'kysely';
import { aheadToleranceMs, believed, datedFirst } from '../core/backup/ahead.ts';
import type { ProofLevel } from '../core/backup/catalogue.ts';
import type { Manifest, Taken } from '../core/backup/engine.ts';
import {
  type BackupState,
  type BackupView,
  madeOf,
  newestNotRun,
  type ProofView,
  provenRestoreOf,
} from '../core/backup/view.ts';
import type { Tx } from './index.ts';
import type { Schema } from './schema.ts';

type Row = Selectable<Schema['backups']>;

export type NewBackup = Pick<
  BackupView,
  'id' | 'plan' | 'target' | 'engine' | 'repository' | 'folder' | 'startedAt'
>;

/** One that is being taken. */
export async function insert(tx: Tx, backup: NewBackup): Promise<void> {
  const { startedAt, ...same } = backup;
  const row: Insertable<Schema['backups']> = {
    ...same,
    ...{ kind: 'full', needs: '[]', state: 'taking', started_at: startedAt, ended_at: null, bytes: 0 },
    ...{ log_from: null, manifest: null, detail: '', is_pinned: 0, marked_at: null },
    ...{ label: null, written_at: null, seen_at: null, locked_until: null },
    ...{ copy_of: null, copy_sum: null, copy_key_sum: null },
  };
  await tx.insertInto('backups').values(row).execute();
}

export type Result =
  | (Taken & { readonly state: 'good' })
  | { readonly state: 'failed'; readonly detail: string };

/**
 * @param result `needs` are ids here
 * @returns false when it is not being taken any more
 */
export async function settle(tx: Tx, id: string, endedAt: number, result: Result): Promise<boolean> {
  const more =
    result.state === 'failed'
      ? {}
      : {
          ...{ kind: result.kind, needs: JSON.stringify(result.needs), bytes: result.bytes },
          ...{ log_from: result.logFrom, manifest: JSON.stringify(result.manifest) },
          ...{ label: result.label ?? null, seen_at: endedAt },
        };
  const { numUpdatedRows } = await tx
    .updateTable('backups')
    .set({ state: result.state, ended_at: endedAt, detail: result.detail, ...more })
    .where('id', '=', id)
    .where('state', '=', 'taking')
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export interface BackupQuery {
  readonly plan?: string;
  readonly target?: string;
  readonly states?: readonly BackupState[];
  readonly limit: number;
  /** By which is told what was taken by a clock that was ahead. */
  readonly now: number;
}

/** Newest first; last what was taken by a clock that was ahead, with nothing that cannot be believed now. */
export async function list(db: Tx, { plan, target, states, limit, now }: BackupQuery): Promise<BackupView[]> {
  let rows = db
    .selectFrom('backups')
    .selectAll()
    .orderBy((eb) =>
      eb
        .case()
        .when('started_at', '>', now + aheadToleranceMs)
        .then(sql.lit(1))
        .else(sql.lit(0))
        .end(),
    )
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit);
  if (plan !== undefined) rows = rows.where('plan', '=', plan);
  if (target !== undefined) rows = rows.where('target', '=', target);
  if (states !== undefined) rows = rows.where('state', 'in', states);
  const found = await withProofs(db, await rows.execute());
  return datedFirst(found.map((one) => believed(one, now)));
}

/** By the whole id or the beginning of it, where that is the only one; null otherwise. */
export async function byId(db: Tx, id: string): Promise<BackupView | null> {
  const rows = await db
    .selectFrom('backups')
    .selectAll()
    .where('id', '>=', id)
    .where('id', '<', `${id}~`)
    .limit(2)
    .execute();
  const [only] = rows.length === 1 ? await withProofs(db, rows) : [];
  return only ?? null;
}

/** False when it is in another state by now. */
export async function move(
  tx: Tx,
  id: string,
  from: readonly BackupState[],
  to: BackupState,
  detail?: string,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('backups')
    .set({ state: to, ...(detail === undefined ? {} : { detail }) })
    .where('id', '=', id)
    .where('state', 'in', from)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** @param at null takes the mark away */
export async function mark(tx: Tx, id: string, at: number | null): Promise<void> {
  await tx.updateTable('backups').set({ marked_at: at }).where('id', '=', id).execute();
}

export async function pin(tx: Tx, id: string, isPinned: boolean): Promise<void> {
  await tx
    .updateTable('backups')
    .set({ is_pinned: isPinned ? 1 : 0 })
    .where('id', '=', id)
    .execute();
}

/** What its repository says of it just now. */
export async function seen(
  tx: Tx,
  { id, writtenAt, lockedUntil }: Pick<BackupView, 'id' | 'writtenAt' | 'lockedUntil'>,
  at: number,
): Promise<void> {
  const set = { seen_at: at, written_at: writtenAt, locked_until: lockedUntil };
  await tx.updateTable('backups').set(set).where('id', '=', id).execute();
}

export async function manifestOf(db: Tx, id: string): Promise<Manifest | null> {
  const row = await db.selectFrom('backups').select('manifest').where('id', '=', id).executeTakeFirst();
  return row?.manifest ? JSON.parse(row.manifest) : null;
}

/** @param evidence JSON, signed */
export async function insertProof(tx: Tx, proof: ProofView, evidence: string | null): Promise<void> {
  await tx
    .insertInto('proofs')
    .values({
      ...{ id: proof.id, backup: proof.backup, at: proof.at, level: proof.level },
      ...{ is_good: proof.isGood ? 1 : 0, restored_in_ms: proof.restoredInMs },
      ...{ restored_with: proof.restoredWith, looks: JSON.stringify(proof.looks) },
      evidence,
    })
    .execute();
}

const lookedAt = 50;

/** The newest restore that proved a backup of that target, and its level; null where none did, or a later look contradicts it. */
export async function provenRestore(
  db: Tx,
  target: string,
  now: number,
): Promise<{ level: ProofLevel; at: number } | null> {
  const backups = await list(db, { target, states: ['good'], limit: lookedAt, now });
  return backups
    .filter(({ isAhead }) => !isAhead)
    .map(({ proofs }) => provenRestoreOf(proofs))
    .reduce((best, one) => (one && (!best || one.at > best.at) ? one : best), null);
}

async function withProofs(db: Tx, rows: readonly Row[]): Promise<BackupView[]> {
  if (rows.length === 0) return [];
  const proofs = await db
    .selectFrom('proofs')
    .selectAll()
    .where(
      'backup',
      'in',
      rows.map(({ id }) => id),
    )
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .execute();
  const byBackup = Map.groupBy(proofs, ({ backup }) => backup);
  return rows.map((row) => fromRow(row, byBackup.get(row.id) ?? []));
}

function fromRow(row: Row, proofs: readonly Selectable<Schema['proofs']>[]): BackupView {
  const tried = proofs.map(proofFromRow);
  const notRun = newestNotRun(tried);
  return {
    ...{ id: row.id, plan: row.plan, target: row.target, engine: row.engine, repository: row.repository },
    ...{ folder: row.folder, kind: row.kind, needs: JSON.parse(row.needs), state: row.state },
    ...{ startedAt: row.started_at, endedAt: row.ended_at, bytes: row.bytes, logFrom: row.log_from },
    ...{ detail: row.detail, isPinned: row.is_pinned === 1, markedAt: row.marked_at },
    ...{ label: row.label, writtenAt: row.written_at, seenAt: row.seen_at, lockedUntil: row.locked_until },
    copyOf: row.copy_of,
    proofs: madeOf(tried),
    ...(notRun && { notRun }),
  };
}

export function proofFromRow(proof: Selectable<Schema['proofs']>): ProofView {
  return {
    ...{ id: proof.id, backup: proof.backup, at: proof.at, level: proof.level },
    ...{ isGood: proof.is_good === 1, restoredInMs: proof.restored_in_ms },
    ...{ restoredWith: proof.restored_with, looks: JSON.parse(proof.looks) },
  };
}
