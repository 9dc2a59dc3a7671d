import { z } from 'zod';
import { isTheName, newPassword } from '../../core/password.ts';
import { type Actor, UpkeepError } from '../../core/verb.ts';
import * as accounts from '../../store/accounts.ts';
import type { Tx } from '../../store/index.ts';
import * as journal from '../../store/journal.ts';
import { hashPassword, verifyPassword } from '../../store/passwords.ts';
import * as sessions from '../../store/sessions.ts';
import { defineVerb, type VerbContext } from '../context.ts';
import { requireOver } from './over.ts';

/** Whoever sits down at somebody's open browser must not be able to guess the password there. */
const mostTries = 5;
const triesWithinMs = 15 * 60_000;

export const accountPassword = defineVerb({
  name: 'account.password',
  summary:
    'Changes the password of your account, or on the machine itself that of any account; ends its other sessions',
  scope: 'read',
  changes: true,
  credential: true,
  route: 'POST /accounts/password',
  positional: ['name'],
  examples: ['upkeep account password', 'upkeep account password robin'],
  input: z.object({
    name: z.string().min(1).max(100).optional().describe('whose; your own or the only account if left out'),
    current: z
      .string()
      .max(1_000)
      .meta({ format: 'password' })
      .optional()
      .describe('your own password of now; not asked for on the machine itself'),
    next: newPassword.describe('the new password'),
  }),
  async run({ ctx, input, actor }) {
    const whose = await accountToChange(ctx.store.db, actor, input.name);
    if (isTheName(input.next, whose.name)) throw new UpkeepError('bad-input', 'next: must not be the name');
    if (actor.account) await requirePassword(ctx, actor, actor.account.id, input.current ?? '');
    const passwordHash = await hashPassword(input.next);
    const endedSessions = await ctx.store.transaction(async (tx) => {
      await accounts.setPasswordHash(tx, whose.id, passwordHash);
      // In case somebody else knew the old one.
      const ended = await sessions.endOthers(tx, whose.id, actor.account?.session);
      await journal.append(tx, {
        at: ctx.clock.now(),
        actor: actor.name,
        kind: 'account.password-changed',
        subject: `account:${whose.name}`,
        payload: { endedSessions: ended },
      });
      return ended;
    });
    ctx.changed();
    return { account: whose.name, endedSessions };
  },
});

/** @throws UpkeepError where the actor may not change this account's password, or there is no such account */
async function accountToChange(tx: Tx, actor: Actor, name: string | undefined): Promise<accounts.Account> {
  if (!actor.account && actor.name !== 'cli')
    throw new UpkeepError(
      'not-allowed',
      'an API token changes no password: sign in, or use upkeep account password on the machine itself',
    );
  const chosen = name ?? (actor.account ? actor.name : await onlyName(tx));
  const isOwn = actor.account !== undefined && chosen.toLowerCase() === actor.name.toLowerCase();
  if (!isOwn && !actor.scopes.includes('admin'))
    throw new UpkeepError('not-allowed', `${actor.name} lacks the scope admin`);
  const found = await accounts.byName(tx, chosen);
  if (!found) throw new UpkeepError('not-found', `there is no account ${chosen}; see upkeep account list`);
  if (!isOwn) await requireOver(tx, actor, found);
  return found;
}

async function onlyName(tx: Tx): Promise<string> {
  const [first, ...others] = await accounts.list(tx);
  if (!first)
    throw new UpkeepError('not-found', 'there is no account yet; the link that upkeep run prints makes it');
  if (others.length > 0)
    throw new UpkeepError('bad-input', 'name: there are several; see upkeep account list');
  return first.name;
}

/** Every try is a journal entry before it is judged, so that many at once are counted as well. */
async function requirePassword(ctx: VerbContext, actor: Actor, accountId: string, given: string) {
  const subject = `account:${actor.name}`;
  const now = ctx.clock.now();
  await ctx.store.transaction(async (tx) => {
    const kinds = ['account.password-asked', 'account.password-changed'];
    const [oldest, ...newer] = (await journal.list(tx, { subject, kinds, limit: mostTries })).reverse();
    const areAllTries = [oldest, ...newer].every((entry) => entry?.kind === 'account.password-asked');
    if (oldest && newer.length === mostTries - 1 && areAllTries && now - oldest.at < triesWithinMs) {
      const waitMs = oldest.at + triesWithinMs - now;
      throw new UpkeepError(
        'too-many-attempts',
        `too many attempts; try again in ${Math.ceil(waitMs / 60_000)} min`,
      );
    }
    await journal.append(tx, {
      at: now,
      actor: actor.name,
      kind: 'account.password-asked',
      subject,
      payload: {},
    });
  });
  const own = await accounts.byName(ctx.store.db, actor.name);
  if (own?.id !== accountId || !(await verifyPassword(given, own.passwordHash)))
    throw new UpkeepError('not-allowed', 'current: is not your password');
}
