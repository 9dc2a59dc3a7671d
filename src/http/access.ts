/** Who is asking and what they may do. No page or API answers without a session or a token, /healthz aside. */
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';
import type { Clock } from '../core/time.ts';
import { type Actor, type Scope, scopes, UpkeepError } from '../core/verb.ts';
import type { Log } from '../log.ts';
import * as accounts from '../store/accounts.ts';
import type { Store } from '../store/index.ts';
import { openReceivers } from './receivers/open.ts';

export interface Access {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly digest: (text: string) => string;
  readonly newSecret: () => string;
  readonly newId: () => string;
  /** Names that a browser may use for us; anything else is a rebinding attack. */
  readonly hosts: () => readonly string[];
  /** Where a proxy offers us; null where there is none. */
  readonly publicUrl: () => string | null;
  /** The token of the command line on this machine, kept in memory and in a file only its owner can read. */
  readonly localToken: string;
  readonly changed: () => void;
}

export const sessionCookie = 'upkeep_session';
export const sessionLifeMs = 14 * 86_400_000;

/** Open without a session: health, signing in, and the dashboard's own files, which hold no data. */
const open = [/^\/healthz$/, /^\/api\/v1\/(session|setup)$/];

declare module 'hono' {
  interface ContextVariableMap {
    actor: Actor;
  }
}

export function guardAccess(access: Access): MiddlewareHandler {
  return async (c, next) => {
    checkHost(c, access);
    const { path } = c.req;
    const isFile = !/^\/(api|v1|metrics|readyz)(\/|$)/.test(path);
    if (isFile || openReceivers.test(path) || open.some((pattern) => pattern.test(path))) return next();
    const found = await actorOf(c, access);
    if (!found)
      throw new UpkeepError('not-signed-in', 'sign in, or send an API token as Authorization: Bearer');
    const changes = !['GET', 'HEAD', 'OPTIONS'].includes(c.req.method);
    if (changes && found.by === 'cookie') requireOwnPage(c);
    c.set('actor', found.actor);
    return next();
  };
}

/** A form on another site can send our cookie but not this header. */
export function requireOwnPage(c: Context): void {
  if (c.req.header('x-upkeep') !== '1')
    throw new UpkeepError('not-allowed', 'send the header X-Upkeep: 1 with requests that change something');
}

function checkHost(c: Context, access: Access): void {
  const host = (c.req.header('host') ?? '').toLowerCase();
  const name = host.replace(/:\d+$/, '');
  if (!access.hosts().includes(name))
    throw new UpkeepError(
      'not-allowed',
      `${name || 'no host'} is not a name of this server; set publicUrl in upkeep.yaml`,
    );
}

/** Who asks, looked up anew each time; null when the session or token is unknown, over or revoked. */
export async function actorOf(
  c: Context,
  access: Access,
): Promise<{ actor: Actor; by: 'cookie' | 'token' } | null> {
  const header = c.req.header('authorization');
  if (header !== undefined) {
    const token = /^Bearer (\S+)$/i.exec(header)?.[1];
    const actor = token === undefined ? null : await actorOfToken(token, access);
    return actor && { actor, by: 'token' };
  }
  const session = await currentSession(c, access);
  if (!session) return null;
  const { name, role, id, hash } = session;
  return { actor: { name, scopes: scopesOf(role), account: { id, session: hash } }, by: 'cookie' };
}

async function actorOfToken(token: string, access: Access): Promise<Actor | null> {
  const hash = access.digest(token);
  if (hash === access.digest(access.localToken)) return { name: 'cli', scopes };
  const found = await accounts.tokenByHash(access.store.db, hash, access.clock.now());
  return found ? { name: `token:${found.name}`, scopes: found.scopes } : null;
}

export async function currentSession(
  c: Context,
  access: Access,
): Promise<{ name: string; role: string; id: string; hash: string } | null> {
  const secret = getCookie(c, sessionCookie);
  if (!secret) return null;
  const hash = access.digest(secret);
  const found = await accounts.sessionByHash(access.store.db, hash, access.clock.now());
  return found ? { name: found.account.name, role: found.account.role, id: found.account.id, hash } : null;
}

const roleScopes: Readonly<Record<string, readonly Scope[]>> = {
  viewer: ['read'],
  operator: ['read', 'operate'],
  approver: ['read', 'operate', 'approve'],
  admin: scopes,
  owner: scopes,
};

export function scopesOf(role: string): readonly Scope[] {
  return roleScopes[role] ?? [];
}

export function requireScope(actor: Actor, scope: Scope): void {
  if (!actor.scopes.includes(scope))
    throw new UpkeepError('not-allowed', `${actor.name} lacks the scope ${scope}`);
}
