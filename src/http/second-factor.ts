/** Setting up, renewing and leaving the codes beside the password. Each asks for the password again. */
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { UpkeepError } from '../core/verb.ts';
import * as journal from '../store/journal.ts';
import { nobodysHash, verifyPassword } from '../store/passwords.ts';
import * as factors from '../store/second-factor.ts';
import * as sessions from '../store/sessions.ts';
import { type CurrentSession, currentSession } from './access.ts';
import { addressOf } from './address.ts';
import { refuseGuesses } from './attempts.ts';
import { newFactor, newRecoveryCodes, spendCode } from './codes.ts';
import { jsonBody } from './json-body.ts';
import { type App, entryOf, openSession } from './open-session.ts';
import type { Doorway } from './session.ts';

const password = z.object({ password: z.string().min(1).max(1_000) });
const code = z.object({ code: z.string().trim().min(6).max(40) });
const both = password.extend(code.shape);

export function secondFactorRoutes(doorway: Doorway & { readonly issuer: () => string }): Hono<App> {
  const { access, refusals, attempts, inLane, issuer } = doorway;
  const { store, clock } = access;
  const routes = new Hono<App>();

  routes.get('/session/second-factor', async (c) => {
    const { account, mustEnrol } = await own(c);
    const recoveryCodesLeft = await factors.countRecoveryCodes(store.db, account.id);
    return c.json({ since: account.secondFactorSince, recoveryCodesLeft, mustEnrol });
  });

  routes.post('/session/second-factor', async (c) => {
    const session = await own(c);
    await requirePassword(c, session, password.parse(await jsonBody(c)).password);
    const { id, name } = session.account;
    const { sealed, ...made } = newFactor(access, { issuer: issuer(), account: name, id });
    if (!(await factors.begin(store.db, id, sealed)))
      throw new UpkeepError('conflict', 'there is a second factor already; turn it off first');
    return c.json(made);
  });

  routes.post('/session/second-factor/confirm', async (c) => {
    const session = await own(c);
    const { id } = session.account;
    if (session.account.secondFactorSince !== null)
      throw new UpkeepError('conflict', 'there is a second factor already');
    await requireCode(c, session, code.parse(await jsonBody(c)).code);
    const { codes, hashes } = newRecoveryCodes(access);
    await store.transaction(async (tx) => {
      await factors.confirm(tx, id, clock.now());
      await factors.setRecoveryCodes(tx, id, hashes);
      // Whoever came in without a code before is asked for one now.
      await sessions.endOthers(tx, id);
    });
    await openSession(c, access, session.account, { kind: 'second-factor.on', method: 'second-factor' });
    return c.json({ recoveryCodes: codes });
  });

  routes.post('/session/second-factor/recovery-codes', async (c) => {
    const session = await own(c);
    await requireBoth(c, session);
    const { codes, hashes } = newRecoveryCodes(access);
    await store.transaction(async (tx) => {
      await factors.setRecoveryCodes(tx, session.account.id, hashes);
      await journal.append(tx, entryOf(access, session.account.name, 'second-factor.codes-renewed', {}));
    });
    access.changed();
    return c.json({ recoveryCodes: codes });
  });

  routes.delete('/session/second-factor', async (c) => {
    const session = await own(c);
    await requireBoth(c, session);
    await store.transaction(async (tx) => {
      await factors.turnOff(tx, session.account.id);
      await journal.append(tx, entryOf(access, session.account.name, 'second-factor.off', {}));
    });
    access.changed();
    return c.json({ since: null });
  });

  async function own(c: Context<App>): Promise<CurrentSession> {
    // A token beside the cookie would be somebody else.
    const session = c.req.header('authorization') === undefined ? await currentSession(c, access) : null;
    if (!session) throw new UpkeepError('not-allowed', 'an API token has no second factor: sign in');
    return session;
  }

  async function requireBoth(c: Context<App>, session: CurrentSession) {
    const given = both.parse(await jsonBody(c));
    if (session.account.secondFactorSince === null)
      throw new UpkeepError('conflict', 'there is no second factor');
    await requirePassword(c, session, given.password);
    await requireCode(c, session, given.code);
  }

  async function requirePassword(c: Context<App>, { account }: CurrentSession, given: string) {
    if (account.passwordHash === '')
      throw new UpkeepError('not-allowed', 'you sign in with a provider; its second factor counts');
    const address = addressOf(c, access.publicUrl() !== null);
    await inLane(async () => {
      attempts.check(account.name, address);
      if (await verifyPassword(given, account.passwordHash || nobodysHash)) return;
      throw await refuse(c, account.name, 'password: is not your password', 'the password is wrong');
    });
  }

  async function requireCode(c: Context<App>, { account }: CurrentSession, given: string) {
    attempts.checkCode(account.id);
    const verdict = await spendCode(access, account.id, given);
    if (verdict === 'good' || verdict === 'recovery') return attempts.rightCode(account.id);
    attempts.failedCode(account.id);
    throw await refuse(
      c,
      account.name,
      'code: is wrong, or was used before; wait for the next one',
      'the code is wrong, or was used before',
    );
  }

  async function refuse(c: Context<App>, name: string, message: string, reason: string) {
    const address = addressOf(c, access.publicUrl() !== null);
    const waitMs = attempts.failed(name, address);
    await refuseGuesses(refusals, {
      kind: 'second-factor.refused',
      actor: name,
      subject: `account:${name}`,
      waitMs,
      payload: { address, reason, account: name },
    });
    return new UpkeepError('not-allowed', message);
  }

  return routes;
}
