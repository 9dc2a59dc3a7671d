/** Who may change whose account, and what ends with an account's rights. */
import { type Role, scopesOf } from '../../core/role.ts';
import { type Actor, UpkeepError } from '../../core/verb.ts';
import * as accounts from '../../store/accounts.ts';
import type { Tx } from '../../store/index.ts';
import * as invitations from '../../store/invitations.ts';
import * as tokens from '../../store/tokens.ts';

/** @throws UpkeepError not-found */
export async function accountNamed(tx: Tx, name: string): Promise<accounts.Account> {
  const found = await accounts.byName(tx, name);
  if (!found) throw new UpkeepError('not-found', `there is no account ${name}; see upkeep account list`);
  return found;
}

/**
 * The machine itself and owners stand over everybody, other admins over everybody but owners.
 * @throws UpkeepError not-allowed
 */
export async function requireOver(
  tx: Tx,
  actor: Actor,
  whose: Pick<accounts.Account, 'role'>,
): Promise<void> {
  if (whose.role === 'owner' && !(await isOwner(tx, actor)))
    throw new UpkeepError('not-allowed', 'an owner is changed by an owner, or on the machine itself');
}

/** Nobody gives what they lack: a token without approve makes no approver. @throws UpkeepError not-allowed */
export async function requireGivable(tx: Tx, actor: Actor, role: Role): Promise<void> {
  await requireOver(tx, actor, { role });
  const lacking = scopesOf(role).find((scope) => !actor.scopes.includes(scope));
  if (lacking !== undefined)
    throw new UpkeepError('not-allowed', `${actor.name} cannot give the role ${role}: it lacks ${lacking}`);
}

async function isOwner(tx: Tx, actor: Actor): Promise<boolean> {
  if (actor.name === 'cli' && actor.account === undefined) return true;
  if (actor.account === undefined) return false;
  return (await accounts.byName(tx, actor.name))?.role === 'owner';
}

/** @throws UpkeepError conflict where nobody could make owners any more */
export async function requireAnotherOwner(tx: Tx, whose: accounts.Account): Promise<void> {
  if (whose.role !== 'owner' || whose.disabledAt !== null) return;
  if ((await accounts.countOwners(tx)) <= 1)
    throw new UpkeepError('conflict', `${whose.name} is the last owner; make another owner first`);
}

/** What somebody handed out goes as far as their own rights: tokens beyond the role, and invitations of no admin. */
export async function endBeyond(tx: Tx, name: string, role: Role | null, at: number): Promise<string[]> {
  const allowed = role === null ? [] : scopesOf(role);
  if (!allowed.includes('admin')) await invitations.takeBack(tx, { createdBy: name });
  return tokens.revokeOf(tx, name, allowed, at);
}
