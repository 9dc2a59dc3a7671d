/** Signing in and out, and the first account by its one-time link. */
import { type Context, Hono } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';
import { UpkeepError } from '../core/verb.ts';
import * as accounts from '../store/accounts.ts';
import * as journal from '../store/journal.ts';
import { type Access, currentSession, requireOwnPage, sessionCookie, sessionLifeMs } from './access.ts';
import { createAttempts } from './attempts.ts';

const credentials = z.object({ name: z.string().min(1).max(100), password: z.string().min(1).max(1_000) });
const setup = z.object({
  token: z.string().min(1).max(200),
  name: z.string().trim().min(1).max(100),
  password: z.string().min(10, 'at least 10 characters').max(1_000),
});

export function sessionRoutes(access: Access): Hono {
  const routes = new Hono();
  const attempts = createAttempts(access.clock);

  routes.get('/session', async (c) => {
    const account = await currentSession(c, access);
    return c.json({ account, needsSetup: !(await accounts.hasAny(access.store.db)) });
  });

  routes.post('/session', async (c) => {
    requireOwnPage(c);
    const { name, password } = credentials.parse(await c.req.json());
    attempts.check(name);
    const account = await accounts.byName(access.store.db, name);
    const isRight = await accounts.verifyPassword(password, account?.passwordHash ?? accounts.nobodysHash);
    if (!account || !isRight) {
      attempts.failed(name);
      await record(access, name, 'login.refused', {});
      throw new UpkeepError('not-signed-in', 'the name or the password is wrong');
    }
    attempts.succeeded(name);
    await record(access, name, 'login.accepted', {});
    await openSession(c, access, account.id);
    return c.json({ account: { name: account.name, role: account.role } });
  });

  routes.delete('/session', async (c) => {
    requireOwnPage(c);
    const secret = getCookie(c, sessionCookie);
    if (secret) await accounts.deleteSession(access.store.db, access.digest(secret));
    deleteCookie(c, sessionCookie, { path: '/' });
    return c.json({ account: null });
  });

  routes.post('/setup', async (c) => {
    requireOwnPage(c);
    const input = setup.parse(await c.req.json());
    attempts.check('setup');
    const passwordHash = await accounts.hashPassword(input.password);
    const account = {
      id: access.newId(),
      name: input.name,
      passwordHash,
      role: 'owner',
      createdAt: access.clock.now(),
    };
    const isUsed = await access.store.transaction(async (tx) => {
      if (!(await accounts.useInvitation(tx, access.digest(input.token), access.clock.now()))) return false;
      await accounts.insert(tx, account);
      await journal.append(tx, {
        at: access.clock.now(),
        actor: input.name,
        kind: 'account.created',
        subject: `account:${account.id}`,
        payload: { role: 'owner' },
      });
      return true;
    });
    if (!isUsed) {
      attempts.failed('setup');
      throw new UpkeepError(
        'expired',
        'this link was used already or is too old; restart Upkeep for a new one',
      );
    }
    await openSession(c, access, account.id);
    return c.json({ account: { name: account.name, role: account.role } });
  });

  return routes;
}

async function openSession(c: Context, access: Access, accountId: string): Promise<void> {
  const secret = access.newSecret();
  const now = access.clock.now();
  await accounts.insertSession(access.store.db, {
    idHash: access.digest(secret),
    accountId,
    createdAt: now,
    lastSeenAt: now,
    expiresAt: now + sessionLifeMs,
    agent: (c.req.header('user-agent') ?? '').slice(0, 200),
  });
  const isHttps = new URL(c.req.url).protocol === 'https:' || c.req.header('x-forwarded-proto') === 'https';
  setCookie(c, sessionCookie, secret, {
    httpOnly: true,
    sameSite: 'Strict',
    path: '/',
    maxAge: sessionLifeMs / 1_000,
    secure: isHttps,
  });
}

async function record(
  access: Access,
  name: string,
  kind: string,
  payload: Readonly<Record<string, unknown>>,
) {
  const entry = {
    at: access.clock.now(),
    actor: name.slice(0, 100),
    kind,
    subject: `account:${name.slice(0, 100)}`,
    payload,
  };
  await access.store.transaction((tx) => journal.append(tx, entry));
  access.changed();
}
