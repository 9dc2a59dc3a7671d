/** One-time links that make an account. The secret in them is stored as a hash only. */
import type { Selectable } from 'kysely';
import type { Tx } from './index.ts';
import type { Schema } from './schema.ts';

export interface Invitation {
  readonly id: string;
  readonly role: string;
  /** The name that the account is to have; theirs to choose where null. */
  readonly name: string | null;
  /** Null for the link of the first visit, which is good only while there is no account. */
  readonly createdBy: string | null;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export async function insert(
  tx: Tx,
  invitation: Invitation & {
    /** SHA-256 of the link's secret. */
    readonly hash: string;
  },
): Promise<void> {
  await tx
    .insertInto('invitations')
    .values({
      hash: invitation.hash,
      id: invitation.id,
      role: invitation.role,
      name: invitation.name,
      created_by: invitation.createdBy,
      created_at: invitation.createdAt,
      expires_at: invitation.expiresAt,
    })
    .execute();
}

/** Those that could be used now, newest first. */
export async function list(tx: Tx, now: number): Promise<Invitation[]> {
  const rows = await tx
    .selectFrom('invitations')
    .selectAll()
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('created_at', 'desc')
    .execute();
  return rows.map(fromRow);
}

/** The invitation, if it could be used now. */
export async function byHash(tx: Tx, hash: string, now: number): Promise<Invitation | undefined> {
  const row = await tx
    .selectFrom('invitations')
    .selectAll()
    .where('hash', '=', hash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return row && fromRow(row);
}

/** Uses it up; of several that try at once exactly one gets true. False when it has expired. */
export async function redeem(tx: Tx, hash: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('invitations')
    .set({ used_at: now })
    .where('hash', '=', hash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Takes back what waits: one by its id, those that somebody made, or all. Gives how many. */
export async function takeBack(
  tx: Tx,
  which: { readonly id?: string; readonly createdBy?: string } = {},
): Promise<number> {
  const { id, createdBy } = which;
  const { numDeletedRows } = await tx
    .deleteFrom('invitations')
    .where('used_at', 'is', null)
    .$if(id !== undefined, (query) => query.where('id', '=', id ?? ''))
    .$if(createdBy !== undefined, (query) => query.where('created_by', '=', createdBy ?? ''))
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** Forgets those that have expired. */
export async function prune(tx: Tx, now: number): Promise<void> {
  await tx.deleteFrom('invitations').where('expires_at', '<=', now).execute();
}

function fromRow(row: Selectable<Schema['invitations']>): Invitation {
  return {
    id: row.id ?? '',
    role: row.role,
    name: row.name,
    createdBy: row.created_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
