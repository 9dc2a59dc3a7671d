/** Who may come in. What they come in with is in sessions.ts, tokens.ts, invitations.ts and second-factor.ts. */
import type { Selectable } from 'kysely';
import type { Tx } from './index.ts';
import type { Schema } from './schema.ts';

export interface Account {
  readonly id: string;
  readonly name: string;
  /** Empty for who comes in by a provider only. */
  readonly passwordHash: string;
  readonly role: string;
  readonly createdAt: number;
  readonly disabledAt: number | null;
  /** Since when a code is asked for beside the password. */
  readonly secondFactorSince: number | null;
  /** The OpenID provider and its name for this person. */
  readonly provider: { readonly issuer: string; readonly subject: string } | null;
}

export type NewAccount = Pick<Account, 'id' | 'name' | 'passwordHash' | 'role' | 'createdAt'> &
  Partial<Pick<Account, 'provider'>>;

export async function hasAny(tx: Tx): Promise<boolean> {
  const row = await tx.selectFrom('accounts').select('id').limit(1).executeTakeFirst();
  return row !== undefined;
}

/** @throws a unique violation when the name is taken, whatever its case */
export async function insert(tx: Tx, account: NewAccount): Promise<void> {
  await tx
    .insertInto('accounts')
    .values({
      id: account.id,
      name: account.name,
      password_hash: account.passwordHash,
      role: account.role,
      created_at: account.createdAt,
      oidc_issuer: account.provider?.issuer ?? null,
      oidc_subject: account.provider?.subject ?? null,
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

export async function byProvider(
  tx: Tx,
  { issuer, subject }: NonNullable<Account['provider']>,
): Promise<Account | undefined> {
  const row = await tx
    .selectFrom('accounts')
    .selectAll()
    .where('oidc_issuer', '=', issuer)
    .where('oidc_subject', '=', subject)
    .executeTakeFirst();
  return row && accountFromRow(row);
}

/** In the order in which they were made, without what they sign in with. */
export async function list(tx: Tx): Promise<Omit<Account, 'passwordHash'>[]> {
  const rows = await tx.selectFrom('accounts').selectAll().orderBy('created_at').execute();
  return rows.map((row) => {
    const { passwordHash: _, ...account } = accountFromRow(row);
    return account;
  });
}

/** How many owners could sign in. */
export async function countOwners(tx: Tx): Promise<number> {
  const rows = await tx
    .selectFrom('accounts')
    .select('id')
    .where('role', '=', 'owner')
    .where('disabled_at', 'is', null)
    .execute();
  return rows.length;
}

export async function setRole(tx: Tx, id: string, role: string): Promise<void> {
  await tx.updateTable('accounts').set({ role }).where('id', '=', id).execute();
}

/** A disabled account keeps its name and history and lets nobody in. */
export async function setDisabled(tx: Tx, id: string, at: number | null): Promise<void> {
  await tx.updateTable('accounts').set({ disabled_at: at }).where('id', '=', id).execute();
}

export async function setPasswordHash(tx: Tx, id: string, passwordHash: string): Promise<void> {
  await tx.updateTable('accounts').set({ password_hash: passwordHash }).where('id', '=', id).execute();
}

/** With its sessions and recovery codes. */
export async function remove(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('sessions').where('account_id', '=', id).execute();
  await tx.deleteFrom('recovery_codes').where('account_id', '=', id).execute();
  await tx.deleteFrom('accounts').where('id', '=', id).execute();
}

export function accountFromRow(row: Selectable<Schema['accounts']>): Account {
  return {
    id: row.id,
    name: row.name,
    passwordHash: row.password_hash,
    role: row.role,
    createdAt: row.created_at,
    disabledAt: row.disabled_at,
    secondFactorSince: row.totp_since,
    provider:
      row.oidc_issuer === null || row.oidc_subject === null
        ? null
        : { issuer: row.oidc_issuer, subject: row.oidc_subject },
  };
}
