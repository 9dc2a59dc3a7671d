/** Who is asking and what they may do. No page or API answers without a session or a token, /healthz and /readyz aside. */
import type { HttpBindings } from '@hono/node-server';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';
import type { AccessSettings } from '../core/access.ts';
import { scopesOf } from '../core/role.ts';
import type { Clock } from '../core/time.ts';
import { type Actor, asModel, drivenHeader, type Scope, scopes, UpkeepError } from '../core/verb.ts';
import type { Log } from '../log.ts';
import type { Account } from '../store/accounts.ts';
import type { Store } from '../store/index.ts';
import * as sessions from '../store/sessions.ts';
import * as tokens from '../store/tokens.ts';
import { addressOf } from './address.ts';
import { requireOwnPage, requireOwnSite } from './own-page.ts';
import { openReceivers } from './receivers/open.ts';
import type { Refusals } from './refusals.ts';
import type { Sealing } from './sealing.ts';

export interface Access {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly digest: (text: string) => string;
  readonly newSecret: () => string;
  readonly newId: () => string;
  readonly settings: () => AccessSettings;
  /** With a key that is not in the store. */
  readonly sealing: Sealing;
  /** Names that a browser may use for us; anything else is a rebinding attack. */
  readonly hosts: () => readonly string[];
  /** Where a proxy offers us; null where there is none. */
  readonly publicUrl: () => string | null;
  /** Where addresses that we give away begin. */
  readonly baseUrl: () => string;
  /** The token of the command line on this machine, kept in memory and in a file only its owner can read. */
  readonly localToken: string;
  readonly changed: () => void;
}

export const sessionCookie = 'upkeep_session';

/** Open without a session: health and readiness (a word each), signing in, and the dashboard's own files, which hold no data. */
const open = [/^\/(?:healthz|readyz)$/, /^\/api\/v1\/(session|setup)$/];
/** What is neither a file nor open. */
const closed = /^\/(api|v1|mcp|metrics)(\/|$)/;
/** All that somebody may do who must set up a second factor first. */
const ownSession = /^\/api\/v1\/session(\/|$)/;

declare module 'hono' {
  interface ContextVariableMap {
    actor: Actor;
  }
}

type Env = { Bindings: HttpBindings };

export function guardAccess(access: Access, refusals: Refusals): MiddlewareHandler<Env> {
  return async (c, next) => {
    checkHost(c, access);
    const { path } = c.req;
    if (!closed.test(path) || openReceivers.test(path) || open.some((pattern) => pattern.test(path)))
      return next();
    const found = await actorOf(c, access);
    if (!found) {
      if (c.req.header('authorization') !== undefined) await noteToken(c, access, refusals);
      throw new UpkeepError('not-signed-in', 'sign in, or send an API token as Authorization: Bearer');
    }
    if (found.by === 'cookie') await requireOurs(c, access, refusals, found.actor);
    if (found.mustEnrol && !ownSession.test(path))
      throw new UpkeepError('not-allowed', 'this Upkeep asks for a second factor: set it up first');
    c.set('actor', asDriven(found.actor, c.req.header(drivenHeader)));
    return next();
  };
}

function asDriven(actor: Actor, by: string | undefined): Actor {
  return by === 'model' ? asModel(actor) : actor;
}

async function requireOurs(c: Context<Env>, access: Access, refusals: Refusals, actor: Actor) {
  try {
    if (['GET', 'HEAD', 'OPTIONS'].includes(c.req.method)) requireOwnSite(c, access);
    else requireOwnPage(c, access);
  } catch (error) {
    const payload = { address: addressOf(c, access.publicUrl() !== null), reason: 'not from our own pages' };
    await refusals({ actor: actor.name, kind: 'request.refused', subject: `account:${actor.name}`, payload });
    throw error;
  }
}

async function noteToken(c: Context<Env>, access: Access, refusals: Refusals) {
  const secret = bearer(c);
  const known = secret && (await tokens.byHash(access.store.db, access.digest(secret), access.clock.now()));
  const payload = {
    address: addressOf(c, access.publicUrl() !== null),
    reason: known ? 'revoked' : 'unknown',
  };
  const subject = known ? `token:${known.id}` : 'token:(unknown)';
  await refusals({ actor: 'stranger', kind: 'token.refused', subject, payload });
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

export interface Found {
  /** Without scopes while a second factor must be set up first. */
  readonly actor: Actor;
  readonly by: 'cookie' | 'token';
  readonly mustEnrol: boolean;
}

/** Who asks, looked up anew each time; null when the session or token is unknown, over or revoked. */
export async function actorOf(c: Context, access: Access): Promise<Found | null> {
  if (c.req.header('authorization') !== undefined) {
    const token = bearer(c);
    const actor = token === undefined ? null : await actorOfToken(token, access);
    return actor && { actor, by: 'token', mustEnrol: false };
  }
  const session = await currentSession(c, access);
  if (!session) return null;
  const { account, hash } = session;
  const actor = {
    name: account.name,
    scopes: grantedTo(session),
    account: { id: account.id, session: hash },
  };
  return { actor, by: 'cookie', mustEnrol: session.mustEnrol };
}

function bearer(c: Context): string | undefined {
  return /^Bearer (\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
}

async function actorOfToken(token: string, access: Access): Promise<Actor | null> {
  const hash = access.digest(token);
  if (hash === access.digest(access.localToken)) return { name: 'cli', scopes };
  const found = await tokens.byHash(access.store.db, hash, access.clock.now());
  return found && found.revokedAt === null ? { name: `token:${found.name}`, scopes: found.scopes } : null;
}

export interface CurrentSession {
  readonly account: Account;
  readonly hash: string;
  readonly method: string;
  readonly mustEnrol: boolean;
}

export async function currentSession(c: Context, access: Access): Promise<CurrentSession | null> {
  const secret = getCookie(c, sessionCookie);
  if (!secret) return null;
  const hash = access.digest(secret);
  const { session, requireTotp } = access.settings();
  const found = await sessions.byHash(access.store.db, hash, access.clock.now(), session);
  if (!found) return null;
  const { account, method } = found;
  // A provider asks for a second factor itself, or not.
  const mustEnrol = requireTotp && account.secondFactorSince === null && !method.startsWith('oidc:');
  return { account, hash, method, mustEnrol };
}

/** What a session may do: nothing but set up the second factor while that is missing. */
export function grantedTo({
  account,
  mustEnrol,
}: Pick<CurrentSession, 'account' | 'mustEnrol'>): readonly Scope[] {
  return mustEnrol ? [] : scopesOf(account.role);
}

export function requireScope(actor: Actor, scope: Scope): void {
  if (!actor.scopes.includes(scope))
    throw new UpkeepError('not-allowed', `${actor.name} lacks the scope ${scope}`);
}
