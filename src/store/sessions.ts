/** Browsers that are signed in. The cookie is stored as a hash only. */

import { type Account, accountFromRow } from './accounts.ts';
import type { Tx } from './index.ts';

/** A session or token is marked as used at most this often, so that reading pages does not write all the time. */
export const markUsedEveryMs = 60_000;

export interface Session {
  /** SHA-256 of the cookie. */
  readonly idHash: string;
  readonly accountId: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly expiresAt: number;
  readonly agent: string;
  /** `password`, `second-factor`, or `oidc:` and the provider's name. */
  readonly method: string;
  readonly address: string;
}

export async function insert(tx: Tx, session: Session): Promise<void> {
  await tx
    .insertInto('sessions')
    .values({
      id_hash: session.idHash,
      account_id: session.accountId,
      created_at: session.createdAt,
      last_seen_at: session.lastSeenAt,
      expires_at: session.expiresAt,
      agent: session.agent,
      method: session.method,
      address: session.address,
    })
    .execute();
}

export interface Lifetime {
  /** Without any request. */
  readonly idleMs: number;
  /** From signing in. */
  readonly absoluteMs: number;
}

export interface FoundSession {
  readonly account: Account;
  readonly expiresAt: number;
  readonly method: string;
}

/** The session with its account, unless its time is over or the account is disabled; notes that it was seen. */
export async function byHash(
  tx: Tx,
  idHash: string,
  now: number,
  lifetime: Lifetime,
): Promise<FoundSession | undefined> {
  const row = await tx
    .selectFrom('sessions')
    .innerJoin('accounts', 'accounts.id', 'sessions.account_id')
    .selectAll('accounts')
    .select(['sessions.expires_at', 'sessions.last_seen_at', 'sessions.method'])
    .where('id_hash', '=', idHash)
    .where('expires_at', '>', now)
    // Also those that began under a longer lifetime.
    .where('sessions.created_at', '>', now - lifetime.absoluteMs)
    .where('last_seen_at', '>', now - lifetime.idleMs)
    .where('accounts.disabled_at', 'is', null)
    .executeTakeFirst();
  if (!row) return undefined;
  if (now - row.last_seen_at >= markUsedEveryMs) {
    await tx.updateTable('sessions').set({ last_seen_at: now }).where('id_hash', '=', idHash).execute();
  }
  return { account: accountFromRow(row), expiresAt: row.expires_at, method: row.method };
}

export async function remove(tx: Tx, idHash: string): Promise<void> {
  await tx.deleteFrom('sessions').where('id_hash', '=', idHash).execute();
}

export interface SessionView {
  /** The beginning of the hash of its cookie; nobody comes in with it. */
  readonly id: string;
  readonly account: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  /** When it ends at the latest. */
  readonly expiresAt: number;
  /** What the browser called itself. */
  readonly agent: string;
  readonly method: string;
  readonly address: string;
}

const shownIdLength = 16;

export function shownId(idHash: string): string {
  return idHash.slice(0, shownIdLength);
}

/** Those that are good at `now`, newest first; of one account or of all. */
export async function list(
  tx: Tx,
  { now, lifetime, accountId }: { now: number; lifetime: Lifetime; accountId?: string },
): Promise<SessionView[]> {
  const rows = await tx
    .selectFrom('sessions')
    .innerJoin('accounts', 'accounts.id', 'sessions.account_id')
    .selectAll('sessions')
    .select('accounts.name')
    .where('expires_at', '>', now)
    .where('sessions.created_at', '>', now - lifetime.absoluteMs)
    .where('last_seen_at', '>', now - lifetime.idleMs)
    .$if(accountId !== undefined, (query) => query.where('account_id', '=', accountId ?? ''))
    .orderBy('sessions.created_at', 'desc')
    .execute();
  return rows.map((row) => ({
    id: shownId(row.id_hash),
    account: row.name,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    expiresAt: row.expires_at,
    agent: row.agent,
    method: row.method,
    address: row.address,
  }));
}

/** Ends the session of that shown id, or all; of one account or of everybody. Gives how many. */
export async function end(tx: Tx, id: string | 'all', accountId?: string): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('sessions')
    .$if(id !== 'all', (query) =>
      query.where((eb) => eb(eb.fn('substr', ['id_hash', eb.val(1), eb.val(shownIdLength)]), '=', id)),
    )
    .$if(accountId !== undefined, (query) => query.where('account_id', '=', accountId ?? ''))
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** Ends every session of the account but that of the hash; gives how many. */
export async function endOthers(tx: Tx, accountId: string, exceptHash = ''): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('sessions')
    .where('account_id', '=', accountId)
    .where('id_hash', '!=', exceptHash)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** Forgets sessions that are over. */
export async function prune(tx: Tx, now: number): Promise<void> {
  await tx.deleteFrom('sessions').where('expires_at', '<=', now).execute();
}
