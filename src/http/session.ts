/** Signing in and out, and the first account by its one-time link. */
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { UpkeepError } from '../core/verb.ts';
import * as accounts from '../store/accounts.ts';
import * as journal from '../store/journal.ts';
import { type Access, currentSession, requireOwnPage, sessionCookie, sessionLifeMs } from './access.ts';
import { addressOf } from './address.ts';
import { createAttempts } from './attempts.ts';
import { credentials, setup } from './credentials.ts';
import { jsonBody } from './json-body.ts';
import { createLanes } from './lanes.ts';
import type { Refusals } from './refusals.ts';

type App = { Bindings: HttpBindings };

/** Who knocks without being anybody yet. */
const stranger = 'stranger';

export function sessionRoutes(access: Access, refusals: Refusals): Hono<App> {
  const routes = new Hono<App>();
  const attempts = createAttempts(access.clock);
  const inLane = createLanes({ width: 2, queue: 50 });

  routes.get('/session', async (c) => {
    const session = await currentSession(c, access);
    const account = session && { name: session.name, role: session.role };
    return c.json({ account, needsSetup: !(await accounts.hasAny(access.store.db)) });
  });

  routes.post('/session', async (c) => {
    requireOwnPage(c);
    const { name, password } = credentials.parse(await jsonBody(c));
    const address = addressOf(c, access.publicUrl() !== null);
    const account = await inLane(async () => {
      // In the lane, so that many at once do not all come before the first failure is counted.
      attempts.check(name, address);
      const known = await accounts.byName(access.store.db, name);
      const isRight = await accounts.verifyPassword(password, known?.passwordHash ?? accounts.nobodysHash);
      if (known && isRight) return known;
      attempts.failed(name, address);
      // What is no account's name may be a password typed into the wrong field.
      const subject = known ? `account:${known.name}` : 'account:(unknown)';
      await refusals({ actor: stranger, kind: 'login.refused', subject, payload: { address } });
      throw new UpkeepError('not-signed-in', 'the name or the password is wrong');
    });
    attempts.succeeded(name, address);
    await openSession(c, access, account, 'login.accepted', { address });
    return c.json({ account: { name: account.name, role: account.role } });
  });

  routes.delete('/session', async (c) => {
    requireOwnPage(c);
    const session = await currentSession(c, access);
    await access.store.transaction(async (tx) => {
      await forgetCookie(c, tx, access);
      if (session) await journal.append(tx, entryOf(access, session.name, 'logout', {}));
    });
    deleteCookie(c, sessionCookie, { path: '/' });
    access.changed();
    return c.json({ account: null });
  });

  routes.post('/setup', async (c) => {
    requireOwnPage(c);
    const input = setup.parse(await jsonBody(c));
    const address = addressOf(c, access.publicUrl() !== null);
    const hash = access.digest(input.token);
    const refuse = async () => {
      attempts.failed('(setup)', address);
      await refusals({ actor: stranger, kind: 'setup.refused', subject: 'account', payload: { address } });
      return new UpkeepError(
        'expired',
        'this link was used already or is too old; restart Upkeep for a new one',
      );
    };
    attempts.check('(setup)', address);
    // Before the work of a hash, which strangers must not be able to ask for.
    if (!(await accounts.isInvited(access.store.db, hash, access.clock.now()))) throw await refuse();
    const account = {
      id: access.newId(),
      name: input.name,
      passwordHash: await inLane(() => accounts.hashPassword(input.password)),
      role: 'owner',
      createdAt: access.clock.now(),
    };
    const isUsed = await access.store.transaction(async (tx) => {
      if (await accounts.hasAny(tx)) return false;
      if (!(await accounts.redeemInvitation(tx, hash, access.clock.now()))) return false;
      await accounts.insert(tx, account);
      await journal.append(tx, entryOf(access, account.name, 'account.created', { role: 'owner', address }));
      return true;
    });
    if (!isUsed) throw await refuse();
    await openSession(c, access, account, 'login.accepted', { address });
    return c.json({ account: { name: account.name, role: account.role } });
  });

  return routes;
}

async function openSession(
  c: Context<App>,
  access: Access,
  account: Pick<accounts.Account, 'id' | 'name'>,
  kind: string,
  payload: Readonly<Record<string, unknown>>,
): Promise<void> {
  const secret = access.newSecret();
  const now = access.clock.now();
  await access.store.transaction(async (tx) => {
    await forgetCookie(c, tx, access);
    await accounts.insertSession(tx, {
      idHash: access.digest(secret),
      accountId: account.id,
      createdAt: now,
      lastSeenAt: now,
      expiresAt: now + sessionLifeMs,
      agent: (c.req.header('user-agent') ?? '').slice(0, 200),
    });
    await journal.append(tx, entryOf(access, account.name, kind, payload));
  });
  access.changed();
  setCookie(c, sessionCookie, secret, {
    httpOnly: true,
    sameSite: 'Strict',
    path: '/',
    maxAge: sessionLifeMs / 1_000,
    secure: isOverHttps(c, access.publicUrl()),
  });
}

/** We speak no TLS ourselves: a browser that calls us by the name of an https `publicUrl` came through its proxy. */
function isOverHttps(c: Context<App>, publicUrl: string | null): boolean {
  if (publicUrl === null) return false;
  const { protocol, hostname } = new URL(publicUrl);
  const host = (c.req.header('host') ?? '').toLowerCase().replace(/:\d+$/, '');
  return protocol === 'https:' && host === hostname;
}

async function forgetCookie(c: Context<App>, tx: Parameters<typeof journal.append>[0], access: Access) {
  const secret = getCookie(c, sessionCookie);
  if (secret) await accounts.deleteSession(tx, access.digest(secret));
}

function entryOf(
  access: Access,
  name: string,
  kind: string,
  payload: Readonly<Record<string, unknown>>,
): journal.NewEntry {
  return { at: access.clock.now(), actor: name, kind, subject: `account:${name}`, payload };
}
