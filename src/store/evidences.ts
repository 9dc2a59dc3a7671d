/** The signed evidence of proofs, as text that is never rewritten. */
import type { Selectable } from 'kysely';
import type { BackupView, ProofView } from '../core/backup/view.ts';
import * as backups from './backups.ts';
import type { Tx } from './index.ts';
import type { Schema } from './schema.ts';

export interface Proven {
  readonly backup: BackupView;
  readonly proof: ProofView;
}

/** Oldest first. */
export async function unsigned(db: Tx, limit: number): Promise<Proven[]> {
  const rows = await db
    .selectFrom('proofs')
    .selectAll()
    .where('evidence', 'is', null)
    .orderBy('at')
    .orderBy('id')
    .limit(limit)
    .execute();
  const found: Proven[] = [];
  for (const row of rows) found.push(...(await provenOf(db, row)));
  return found;
}

/** Newest first. A proof whose backup is gone from the store has nothing to be held against. */
export async function signed(db: Tx, backup?: string): Promise<(Proven & { readonly evidence: string })[]> {
  const rows = await db
    .selectFrom('proofs')
    .selectAll()
    .where('evidence', 'is not', null)
    .$if(backup !== undefined, (query) => query.where('backup', '=', backup ?? ''))
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .execute();
  const found: (Proven & { readonly evidence: string })[] = [];
  for (const row of rows)
    for (const proven of await provenOf(db, row)) found.push({ ...proven, evidence: row.evidence ?? '' });
  return found;
}

export async function sign(tx: Tx, proof: string, evidence: string): Promise<void> {
  await tx
    .updateTable('proofs')
    .set({ evidence })
    .where('id', '=', proof)
    .where('evidence', 'is', null)
    .execute();
}

async function provenOf(db: Tx, row: Selectable<Schema['proofs']>): Promise<Proven[]> {
  const backup = await backups.byId(db, row.backup);
  return backup ? [{ backup, proof: backups.proofFromRow(row) }] : [];
}
