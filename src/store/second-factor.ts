/** Codes beside the password: the sealed secret that an app makes them from, and recovery codes as hashes. */
import type { Tx } from './index.ts';

export interface SecondFactor {
  /** Sealed; null where none was begun. */
  readonly secret: string | null;
  /** Since when it is asked for; null while it is being set up. */
  readonly since: number | null;
}

export async function read(tx: Tx, accountId: string): Promise<SecondFactor> {
  const row = await tx
    .selectFrom('accounts')
    .select(['totp_secret', 'totp_since'])
    .where('id', '=', accountId)
    .executeTakeFirst();
  return { secret: row?.totp_secret ?? null, since: row?.totp_since ?? null };
}

/** Keeps a secret that is not asked for before `confirm`. False where one is in force. */
export async function begin(tx: Tx, accountId: string, secret: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('accounts')
    .set({ totp_secret: secret, totp_step: null })
    .where('id', '=', accountId)
    .where('totp_since', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export async function confirm(tx: Tx, accountId: string, at: number): Promise<void> {
  await tx.updateTable('accounts').set({ totp_since: at }).where('id', '=', accountId).execute();
}

/**
 * Uses the code of a 30-second step up (RFC 6238 section 5.2: one code, one use). False when it or a later one was
 * used before; of several that try at once exactly one gets true.
 */
export async function spendStep(tx: Tx, accountId: string, step: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('accounts')
    .set({ totp_step: step })
    .where('id', '=', accountId)
    .where((eb) => eb.or([eb('totp_step', 'is', null), eb('totp_step', '<', step)]))
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** False where there was none. */
export async function turnOff(tx: Tx, accountId: string): Promise<boolean> {
  await tx.deleteFrom('recovery_codes').where('account_id', '=', accountId).execute();
  const { numUpdatedRows } = await tx
    .updateTable('accounts')
    .set({ totp_secret: null, totp_since: null, totp_step: null })
    .where('id', '=', accountId)
    .where('totp_secret', 'is not', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** In place of those before. */
export async function setRecoveryCodes(tx: Tx, accountId: string, hashes: readonly string[]): Promise<void> {
  await tx.deleteFrom('recovery_codes').where('account_id', '=', accountId).execute();
  await tx
    .insertInto('recovery_codes')
    .values(hashes.map((hash) => ({ account_id: accountId, hash })))
    .execute();
}

/** Uses one up; gives whether it was good. */
export async function spendRecoveryCode(tx: Tx, accountId: string, hash: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('recovery_codes')
    .where('account_id', '=', accountId)
    .where('hash', '=', hash)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

export async function countRecoveryCodes(tx: Tx, accountId: string): Promise<number> {
  const rows = await tx
    .selectFrom('recovery_codes')
    .select('hash')
    .where('account_id', '=', accountId)
    .execute();
  return rows.length;
}
