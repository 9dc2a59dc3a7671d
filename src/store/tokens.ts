/** API tokens. Only their hashes are stored. */
import type { Selectable } from 'kysely';
import type { Scope } from '../core/verb.ts';
import type { Tx } from './index.ts';
import type { Schema } from './schema.ts';
import { markUsedEveryMs } from './sessions.ts';

export interface Token {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: number;
  readonly createdBy: string;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

export type NewToken = Omit<Token, 'lastUsedAt' | 'revokedAt'> & {
  /** SHA-256 of the token. */
  readonly hash: string;
};

export async function insert(tx: Tx, token: NewToken): Promise<void> {
  await tx
    .insertInto('tokens')
    .values({
      id: token.id,
      name: token.name,
      hash: token.hash,
      scopes: JSON.stringify(token.scopes),
      created_at: token.createdAt,
      created_by: token.createdBy,
    })
    .execute();
}

/** The token, revoked ones as well; of those that are good it notes that they were used. */
export async function byHash(tx: Tx, hash: string, now: number): Promise<Token | undefined> {
  const row = await tx.selectFrom('tokens').selectAll().where('hash', '=', hash).executeTakeFirst();
  if (!row) return undefined;
  if (row.revoked_at === null && now - (row.last_used_at ?? 0) >= markUsedEveryMs) {
    await tx.updateTable('tokens').set({ last_used_at: now }).where('id', '=', row.id).execute();
  }
  return fromRow(row);
}

/** The token of that name that is not revoked. */
export async function byName(tx: Tx, name: string): Promise<Token | undefined> {
  const row = await tx
    .selectFrom('tokens')
    .selectAll()
    .where((eb) => eb(eb.fn('lower', ['name']), '=', eb.fn('lower', [eb.val(name)])))
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return row && fromRow(row);
}

/** Newest first, revoked ones included. */
export async function list(tx: Tx): Promise<Token[]> {
  const rows = await tx.selectFrom('tokens').selectAll().orderBy('id', 'desc').execute();
  return rows.map(fromRow);
}

/** False when there is no such token, or it was revoked before. */
export async function revoke(tx: Tx, id: string, at: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('tokens')
    .set({ revoked_at: at })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Without the hash, so that it can be shown. */
function fromRow(row: Selectable<Schema['tokens']>): Token {
  return {
    id: row.id,
    name: row.name,
    scopes: JSON.parse(row.scopes),
    createdAt: row.created_at,
    createdBy: row.created_by,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  };
}

/** Takes back every token that this person made and that has a scope which is not in `allowed`; gives their names. */
export async function revokeOf(
  tx: Tx,
  maker: string,
  allowed: readonly Scope[],
  at: number,
): Promise<string[]> {
  const rows = await tx
    .selectFrom('tokens')
    .selectAll()
    .where('created_by', '=', maker)
    .where('revoked_at', 'is', null)
    .execute();
  const beyond = rows.map(fromRow).filter(({ scopes }) => scopes.some((scope) => !allowed.includes(scope)));
  for (const { id } of beyond) await revoke(tx, id, at);
  return beyond.map(({ name }) => name);
}
