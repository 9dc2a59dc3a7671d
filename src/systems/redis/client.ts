import type { RedisOptions } from 'ioredis';
import type { Missing, Outcome, Reading } from '../../core/sample.ts';
import type { ProbeContext } from '../../core/system.ts';
import type { Destination } from '../../machine/network/dial.ts';
import type { RedisConfig } from './config.ts';
import { failureOf, isNotPermitted, messageOf } from './failure.ts';
import { readInfo } from './info.ts';
import { createOwnCopies, type OwnCopies } from './own-copies.ts';
import { type Ask, type Login, Session } from './session.ts';

export interface RedisConnection {
  readonly config: RedisConfig;
  readonly session: Session;
  /** The ACL user we log in as. */
  readonly user: string;
  /** What we take is no copy of a replica. */
  readonly copies: OwnCopies;
}

export function connect(config: RedisConfig): RedisConnection {
  const login = loginOf(config);
  return {
    ...{ config, session: new Session(login), copies: createOwnCopies() },
    user: login.username === '' ? 'default' : login.username,
  };
}

/** `host:port`, with the database where it is not 0. */
export function address(config: RedisConfig): string {
  const url = new URL(config.url);
  const database = databaseOf(url);
  return `${url.hostname}:${portOf(url)}${database === 0 ? '' : `/${database}`}`;
}

function loginOf(config: RedisConfig): Login {
  const url = new URL(config.url);
  const to = destination(config);
  const options: RedisOptions = {
    host: to.host,
    port: to.port,
    ...(url.protocol === 'rediss:' ? { tls: { servername: to.host } } : {}),
  };
  return {
    options,
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: databaseOf(url),
  };
}

export function destination(config: RedisConfig): Destination {
  const url = new URL(config.url);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { host: host === '' ? '127.0.0.1' : host, port: portOf(url) };
}

/**
 * What a place answers to a client without a login: another server that is named by this one, and whose business our
 * password is not, or this one itself. NOAUTH is an answer, too. Rejects where there is none.
 */
export async function strangerAnswer(
  conn: RedisConnection,
  to: Destination,
  signal: AbortSignal,
  [command, ...words]: readonly [string, ...string[]] = ['PING'],
): Promise<string> {
  const { options } = loginOf(conn.config);
  const tls = options.tls === undefined ? {} : { tls: { servername: to.host } };
  const session = new Session({
    options: { host: to.host, port: to.port, ...tls },
    username: '',
    password: '',
    database: 0,
  });
  try {
    return String(await session.use(signal, (ask) => ask(command, ...words)));
  } catch (error) {
    if (/^(NOAUTH|NOPERM|LOADING|BUSY|MASTERDOWN|DENIED)\b/.test(messageOf(error))) return messageOf(error);
    throw error;
  } finally {
    await session.close();
  }
}

const replicaMs = 2_000;

/**
 * Runs a job that costs its server time on a replica that is online and lets us in, else here. The primary knows our
 * password and names its replicas, so they may be shown it.
 */
export async function onReplica<T>(
  conn: RedisConnection,
  ctx: Pick<ProbeContext, 'signal' | 'clock'>,
  here: Ask,
  job: (ask: Ask, place: string) => Promise<T>,
): Promise<T> {
  const info = await readInfo(here, 'replication');
  const line = info
    .names('slave')
    .map((name) => info.text(name) ?? '')
    .find((text) => text.includes('state=online'));
  const [, host, port] = /ip=([^,]+),port=(\d+)/.exec(line ?? '') ?? [];
  if (host === undefined) return job(here, 'on the server itself');
  const login = loginOf(conn.config);
  const session = new Session({ ...login, options: { ...login.options, host, port: Number(port) } });
  const timeout = new AbortController();
  const cancel = ctx.clock.after(replicaMs, () =>
    timeout.abort(new DOMException('too late', 'TimeoutError')),
  );
  try {
    await session.use(AbortSignal.any([ctx.signal, timeout.signal]), (ask) => ask('PING'));
  } catch {
    await session.close();
    return job(here, 'on the server itself');
  } finally {
    cancel();
  }
  try {
    return await session.use(ctx.signal, (ask) => job(ask, `on replica ${host}:${port}`));
  } finally {
    await session.close();
  }
}

function portOf(url: URL): number {
  return url.port === '' ? 6379 : Number(url.port);
}

function databaseOf(url: URL): number {
  const database = Number(url.pathname.slice(1));
  return Number.isInteger(database) ? database : 0;
}

export interface Seen {
  readonly readings: readonly Reading[];
  readonly missing?: readonly Missing[];
  readonly detail?: string;
}

/** Runs a probe's look at the server and says what a failure means; never throws. */
export async function observe(
  conn: RedisConnection,
  ctx: ProbeContext,
  look: (ask: Ask) => Promise<Seen>,
): Promise<Outcome> {
  try {
    const seen = await conn.session.use(ctx.signal, look);
    welcome.add(conn);
    return { ok: true, ...seen };
  } catch (error) {
    if (isNotPermitted(error)) {
      return { ok: true, readings: [], missing: [notPermitted(error, conn, ['*'])] };
    }
    const failure = failureOf(error, ctx.timeoutMs);
    if (failure.why !== 'denied' || new URL(conn.config.url).password !== '' || welcome.has(conn)) {
      return { ok: false, ...failure };
    }
    // The server is alive and was never told who we are: that is our gap, not its outage.
    const detail = `no login is configured: ${failure.detail}; put the password into url`;
    return { ok: false, why: 'broken-probe', detail };
  }
}

/** Connections that have been let in once: a refusal after that is news, whatever the url says. */
const welcome = new WeakSet<RedisConnection>();

/** What an ACL hides, with the rule that would show it. */
export function notPermitted(error: unknown, conn: RedisConnection, metrics: readonly string[]): Missing {
  return { metrics, reason: messageOf(error), remedy: aclFor(error, conn) };
}

export function aclFor(error: unknown, conn: RedisConnection): string {
  const command = /the '([^']+)' command/.exec(messageOf(error))?.[1];
  return `ACL SETUSER ${conn.user} ${command === undefined ? '%R~*' : `+${command}`}`;
}
