/** Addresses of jobs and what the jobs said. Only hashes of the secrets are kept. */
import type { Heartbeat } from '../core/heartbeat.ts';
import type { Tx } from './index.ts';

export interface HeartbeatRow {
  readonly target: string;
  readonly secretHash: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly heartbeat: Heartbeat | null;
}

export async function list(tx: Tx): Promise<HeartbeatRow[]> {
  const rows = await tx.selectFrom('heartbeats').selectAll().orderBy('target').execute();
  return rows.map((row) => ({
    target: row.target,
    secretHash: row.secret_hash,
    createdAt: row.created_at,
    createdBy: row.created_by,
    heartbeat: row.state === null ? null : (JSON.parse(row.state) as Heartbeat),
  }));
}

/** Gives the target this address; one that it had is no longer known. What the job said stays. */
export async function setAddress(
  tx: Tx,
  row: Pick<HeartbeatRow, 'target' | 'secretHash' | 'createdAt' | 'createdBy'>,
): Promise<void> {
  const columns = { secret_hash: row.secretHash, created_at: row.createdAt, created_by: row.createdBy };
  await tx
    .insertInto('heartbeats')
    .values({ target: row.target, ...columns, state: null })
    .onConflict((conflict) => conflict.column('target').doUpdateSet(columns))
    .execute();
}

export async function setState(tx: Tx, target: string, heartbeat: Heartbeat): Promise<void> {
  await tx
    .updateTable('heartbeats')
    .set({ state: JSON.stringify(heartbeat) })
    .where('target', '=', target)
    .execute();
}
