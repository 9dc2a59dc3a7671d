/** Who may come in: accounts, their sessions, API tokens, one-time invitations. Secrets are stored as hashes only. */
import type { Selectable } from 'kysely';
import type { Scope } from '../core/verb.ts';
import type { Tx } from './index.ts';
import type { Schema } from './schema.ts';

export { hashPassword, nobodysHash, verifyPassword } from './passwords.ts';

export interface Account {
  readonly id: string;
  readonly name: string;
  readonly passwordHash: string;
  readonly role: string;
  readonly createdAt: number;
}

/** A session or token is marked as used at most this often, so that reading pages does not write all the time. */
const markUsedEveryMs = 60_000;

export async function hasAny(tx: Tx): Promise<boolean> {
  const row = await tx.selectFrom('accounts').select('id').limit(1).executeTakeFirst();
  return row !== undefined;
}

/** @throws a unique violation when the name is taken, whatever its case */
export async function insert(tx: Tx, account: Account): Promise<void> {
  await tx
    .insertInto('accounts')
    .values({
      id: account.id,
      name: account.name,
      password_hash: account.passwordHash,
      role: account.role,
      created_at: account.createdAt,
    })
    .execute();
}

/** Whatever the case of the name. */
export async function byName(tx: Tx, name: string): Promise<Account | undefined> {
  const row = await tx
    .selectFrom('accounts')
    .selectAll()
    .where((eb) => eb(eb.fn('lower', ['name']), '=', eb.fn('lower', [eb.val(name)])))
    .executeTakeFirst();
  return row && accountFromRow(row);
}

export async function list(tx: Tx): Promise<Omit<Account, 'passwordHash'>[]> {
  const rows = await tx
    .selectFrom('accounts')
    .select(['id', 'name', 'role', 'created_at'])
    .orderBy('created_at')
    .execute();
  return rows.map(({ id, name, role, created_at: createdAt }) => ({ id, name, role, createdAt }));
}

/**
 * Ends the account's sessions as well, in case somebody else knew the old password; gives how many.
 * @param exceptSession the hash of the one that stays
 */
export async function setPassword(
  tx: Tx,
  accountId: string,
  passwordHash: string,
  exceptSession = '',
): Promise<number> {
  await tx.updateTable('accounts').set({ password_hash: passwordHash }).where('id', '=', accountId).execute();
  const { numDeletedRows } = await tx
    .deleteFrom('sessions')
    .where('account_id', '=', accountId)
    .where('id_hash', '!=', exceptSession)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

export interface Session {
  /** SHA-256 of the cookie. */
  readonly idHash: string;
  readonly accountId: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly expiresAt: number;
  readonly agent: string;
}

export async function insertSession(tx: Tx, session: Session): Promise<void> {
  await tx
    .insertInto('sessions')
    .values({
      id_hash: session.idHash,
      account_id: session.accountId,
      created_at: session.createdAt,
      last_seen_at: session.lastSeenAt,
      expires_at: session.expiresAt,
      agent: session.agent,
    })
    .execute();
}

/** The session with its account, unless it has expired; notes that it was seen. */
export async function sessionByHash(
  tx: Tx,
  idHash: string,
  now: number,
): Promise<{ readonly account: Account; readonly expiresAt: number } | undefined> {
  const row = await tx
    .selectFrom('sessions')
    .innerJoin('accounts', 'accounts.id', 'sessions.account_id')
    .selectAll('accounts')
    .select(['sessions.expires_at', 'sessions.last_seen_at'])
    .where('id_hash', '=', idHash)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  if (!row) return undefined;
  if (now - row.last_seen_at >= markUsedEveryMs) {
    await tx.updateTable('sessions').set({ last_seen_at: now }).where('id_hash', '=', idHash).execute();
  }
  return { account: accountFromRow(row), expiresAt: row.expires_at };
}

export async function deleteSession(tx: Tx, idHash: string): Promise<void> {
  await tx.deleteFrom('sessions').where('id_hash', '=', idHash).execute();
}

export interface SessionView {
  /** The beginning of the hash of its cookie; nobody comes in with it. */
  readonly id: string;
  readonly account: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly expiresAt: number;
  /** What the browser called itself. */
  readonly agent: string;
}

const shownIdLength = 16;

/** Those that are good at `now`, newest first. */
export async function listSessions(tx: Tx, now: number): Promise<SessionView[]> {
  const rows = await tx
    .selectFrom('sessions')
    .innerJoin('accounts', 'accounts.id', 'sessions.account_id')
    .selectAll('sessions')
    .select('accounts.name')
    .where('expires_at', '>', now)
    .orderBy('sessions.created_at', 'desc')
    .execute();
  return rows.map((row) => ({
    id: row.id_hash.slice(0, shownIdLength),
    account: row.name,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    expiresAt: row.expires_at,
    agent: row.agent,
  }));
}

/** Ends the session of that shown id, or all; gives how many. */
export async function endSessions(tx: Tx, id: string | 'all'): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('sessions')
    .$if(id !== 'all', (query) =>
      query.where((eb) => eb(eb.fn('substr', ['id_hash', eb.val(1), eb.val(shownIdLength)]), '=', id)),
    )
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** Forgets sessions and invitations that have expired. */
export async function pruneSessions(tx: Tx, now: number): Promise<void> {
  await tx.deleteFrom('sessions').where('expires_at', '<=', now).execute();
  await tx.deleteFrom('invitations').where('expires_at', '<=', now).execute();
}

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

export async function insertToken(tx: Tx, token: NewToken): Promise<void> {
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

/** The token unless it was revoked; notes that it was used. */
export async function tokenByHash(tx: Tx, hash: string, now: number): Promise<Token | undefined> {
  const row = await tx
    .selectFrom('tokens')
    .selectAll()
    .where('hash', '=', hash)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  if (!row) return undefined;
  if (now - (row.last_used_at ?? 0) >= markUsedEveryMs) {
    await tx.updateTable('tokens').set({ last_used_at: now }).where('id', '=', row.id).execute();
  }
  return tokenFromRow(row);
}

/** The token of that name that is not revoked. */
export async function tokenByName(tx: Tx, name: string): Promise<Token | undefined> {
  const row = await tx
    .selectFrom('tokens')
    .selectAll()
    .where((eb) => eb(eb.fn('lower', ['name']), '=', eb.fn('lower', [eb.val(name)])))
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return row && tokenFromRow(row);
}

/** Newest first, revoked ones included. */
export async function listTokens(tx: Tx): Promise<Token[]> {
  const rows = await tx.selectFrom('tokens').selectAll().orderBy('id', 'desc').execute();
  return rows.map(tokenFromRow);
}

/** False when there is no such token, or it was revoked before. */
export async function revokeToken(tx: Tx, id: string, at: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('tokens')
    .set({ revoked_at: at })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export interface Invitation {
  /** SHA-256 of the link's secret. */
  readonly hash: string;
  readonly role: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export async function invite(tx: Tx, invitation: Invitation): Promise<void> {
  await tx
    .insertInto('invitations')
    .values({
      hash: invitation.hash,
      role: invitation.role,
      created_at: invitation.createdAt,
      expires_at: invitation.expiresAt,
    })
    .execute();
}

/** Takes back what was offered before, so that one link is good at a time. */
export async function takeBackInvitations(tx: Tx): Promise<void> {
  await tx.deleteFrom('invitations').where('used_at', 'is', null).execute();
}

/** Whether the invitation could be used now. */
export async function isInvited(tx: Tx, hash: string, now: number): Promise<boolean> {
  const row = await tx
    .selectFrom('invitations')
    .select('hash')
    .where('hash', '=', hash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return row !== undefined;
}

/** Uses the invitation up; of several that try at once exactly one gets true. False when it has expired. */
export async function redeemInvitation(tx: Tx, hash: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('invitations')
    .set({ used_at: now })
    .where('hash', '=', hash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

function accountFromRow(row: Selectable<Schema['accounts']>): Account {
  return {
    id: row.id,
    name: row.name,
    passwordHash: row.password_hash,
    role: row.role,
    createdAt: row.created_at,
  };
}

/** Without the hash, so that it can be shown. */
function tokenFromRow(row: Selectable<Schema['tokens']>): Token {
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
