/** One-time links: the first account, and those that an admin invites. */
import { Hono } from 'hono';
import { UpkeepError } from '../core/verb.ts';
import * as accounts from '../store/accounts.ts';
import type { Tx } from '../store/index.ts';
import * as invitations from '../store/invitations.ts';
import * as journal from '../store/journal.ts';
import { hashPassword } from '../store/passwords.ts';
import { addressOf } from './address.ts';
import { refuseGuesses } from './attempts.ts';
import { setup } from './credentials.ts';
import { jsonBody } from './json-body.ts';
import { type App, entryOf, openSession } from './open-session.ts';
import { requireOwnPage } from './own-page.ts';
import type { Doorway } from './session.ts';

export function setupRoutes({ access, refusals, attempts, inLane }: Doorway): Hono<App> {
  const routes = new Hono<App>();

  routes.post('/setup', async (c) => {
    requireOwnPage(c, access);
    const input = setup.parse(await jsonBody(c));
    const address = addressOf(c, access.publicUrl() !== null);
    const now = access.clock.now();
    const hash = access.digest(input.token);
    const refuse = async () => {
      const waitMs = attempts.failed('(setup)', address);
      await refuseGuesses(refusals, {
        kind: 'setup.refused',
        subject: 'account',
        waitMs,
        payload: { address },
      });
      const hasOwner = await accounts.hasAny(access.store.db);
      const remedy = hasOwner
        ? 'sign in if you have an account, or ask an admin for a new link'
        : 'restart Upkeep for a new one';
      return new UpkeepError('expired', `this link was used already or is too old; ${remedy}`);
    };
    attempts.check('(setup)', address);
    // Before the work of a hash, which strangers must not be able to ask for.
    const invitation = await goodInvitation(access.store.db, hash, now);
    if (!invitation) throw await refuse();
    const { role } = invitation;
    const account = {
      id: access.newId(),
      name: invitation.name ?? input.name,
      passwordHash: await inLane(() => hashPassword(input.password)),
      role,
      createdAt: now,
    };
    const isUsed = await access.store.transaction(async (tx) => {
      if (!(await goodInvitation(tx, hash, now))) return false;
      if (await accounts.byName(tx, account.name))
        throw new UpkeepError('conflict', 'name: somebody has it already; choose another');
      if (!(await invitations.redeem(tx, hash, now))) return false;
      await accounts.insert(tx, account);
      const by = invitation.createdBy === null ? {} : { invitedBy: invitation.createdBy };
      await journal.append(tx, entryOf(access, account.name, 'account.created', { role, address, ...by }));
      return true;
    });
    if (!isUsed) throw await refuse();
    await openSession(c, access, account, { kind: 'login.accepted', method: 'password' });
    return c.json({ account: { name: account.name, role } });
  });

  return routes;
}

/** The link of the first visit is good only while there is no account. */
async function goodInvitation(
  tx: Tx,
  hash: string,
  now: number,
): Promise<invitations.Invitation | undefined> {
  const found = await invitations.byHash(tx, hash, now);
  if (found?.createdBy === null && (await accounts.hasAny(tx))) return undefined;
  return found;
}
