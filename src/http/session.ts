/** Signing in with a password, and out. */
import { type Context, Hono } from 'hono';
import { deleteCookie } from 'hono/cookie';
import { UpkeepError } from '../core/verb.ts';
import type { SignedIn } from '../core/view.ts';
import * as accounts from '../store/accounts.ts';
import * as journal from '../store/journal.ts';
import { nobodysHash, verifyPassword } from '../store/passwords.ts';
import { type Access, type CurrentSession, currentSession, grantedTo, sessionCookie } from './access.ts';
import { addressOf } from './address.ts';
import { type Attempts, refuseGuesses } from './attempts.ts';
import { spendCode } from './codes.ts';
import { credentials } from './credentials.ts';
import { jsonBody } from './json-body.ts';
import type { Lane } from './lanes.ts';
import { type App, entryOf, forgetCookie, openSession, stranger } from './open-session.ts';
import { requireOwnPage } from './own-page.ts';
import type { Refusals } from './refusals.ts';

/** What the roads in share. */
export interface Doorway {
  readonly access: Access;
  readonly refusals: Refusals;
  readonly attempts: Attempts;
  readonly inLane: Lane;
}

export function sessionRoutes({ access, refusals, attempts, inLane }: Doorway): Hono<App> {
  const routes = new Hono<App>();

  routes.get('/session', async (c) => {
    const session = await currentSession(c, access);
    const providers = access.settings().oidc.map(({ name, label }) => ({ name, label }));
    const needsSetup = !(await accounts.hasAny(access.store.db));
    return c.json({ account: session && shown(session), needsSetup, providers });
  });

  routes.post('/session', async (c) => {
    requireOwnPage(c, access);
    const given = credentials.parse(await jsonBody(c));
    const { account, method } = await inLane(() => prove(c, given));
    attempts.succeeded(given.name, addressOf(c, access.publicUrl() !== null));
    await openSession(c, access, account, { kind: 'login.accepted', method });
    return c.json({ account: { name: account.name, role: account.role } });
  });

  /** In a lane, so that many at once do not all come before the first failure is counted. */
  async function prove(
    c: Context<App>,
    given: { name: string; password: string; code?: string | undefined },
  ) {
    const address = addressOf(c, access.publicUrl() !== null);
    attempts.check(given.name, address);
    const known = await accounts.byName(access.store.db, given.name);
    const usable = known && known.disabledAt === null && known.passwordHash !== '' ? known : undefined;
    // As much work for a name that nobody has.
    const isRight = await verifyPassword(given.password, usable?.passwordHash ?? nobodysHash);
    // What is no account's name may be a password typed into the wrong field.
    const subject = known ? `account:${known.name}` : 'account:(unknown)';
    const refuse = async (reason: string) => {
      const waitMs = attempts.failed(given.name, address);
      await refuseGuesses(refusals, {
        kind: 'login.refused',
        subject,
        waitMs,
        payload: { address, reason, ...(known ? { account: known.name } : {}) },
      });
      // The same words whichever part was wrong.
      const parts =
        given.code === undefined ? 'the name or the password' : 'the name, the password or the code';
      return new UpkeepError('not-signed-in', `${parts} is wrong`);
    };
    if (!known) throw await refuse('no account has that name');
    if (!usable || !isRight) throw await refuse(whyNot(known));
    if (usable.secondFactorSince === null) return { account: usable, method: 'password' };
    if (given.code === undefined || given.code === '') {
      await refusals({ actor: stranger, kind: 'login.code-asked', subject, payload: { address } });
      throw new UpkeepError('code-needed', 'type the code of your app, or a recovery code');
    }
    // Counted beside the others: who has the password and many addresses could else guess codes.
    attempts.checkCode(usable.id);
    const verdict = await spendCode(access, usable.id, given.code);
    if (verdict === 'wrong' || verdict === 'key-lost') {
      attempts.failedCode(usable.id);
      throw await refuse(
        verdict === 'wrong'
          ? 'the code is wrong, or was used before'
          : 'the code cannot be checked: access.key is another than before',
      );
    }
    attempts.rightCode(usable.id);
    if (verdict === 'recovery') {
      const entry = entryOf(access, usable.name, 'second-factor.recovery-used', { address });
      await access.store.transaction((tx) => journal.append(tx, entry));
    }
    return { account: usable, method: 'second-factor' };
  }

  routes.delete('/session', async (c) => {
    requireOwnPage(c, access);
    const session = await currentSession(c, access);
    await access.store.transaction(async (tx) => {
      await forgetCookie(c, tx, access);
      if (session) await journal.append(tx, entryOf(access, session.account.name, 'logout', {}));
    });
    deleteCookie(c, sessionCookie, { path: '/' });
    access.changed();
    return c.json({ account: null });
  });

  return routes;
}

/** For the journal alone; whoever knocks hears the same words for each. */
function whyNot({ disabledAt, passwordHash }: Pick<accounts.Account, 'disabledAt' | 'passwordHash'>): string {
  if (disabledAt !== null) return 'the account is disabled';
  return passwordHash === ''
    ? 'the account has no password: it signs in with a provider'
    : 'the password is wrong';
}

function shown({ account, method, mustEnrol }: CurrentSession): SignedIn {
  const hasSecondFactor = account.secondFactorSince !== null;
  const scopes = grantedTo({ account, mustEnrol });
  return { name: account.name, role: account.role, scopes, method, hasSecondFactor, mustEnrol };
}
