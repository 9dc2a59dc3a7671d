import type { Socket } from 'node:net';
import type { ClientConfig } from 'pg';
import type { Snapshot } from '../../core/change.ts';
import type { FailoverPart } from '../../core/failover.ts';
import type { Missing, Outcome, Reading } from '../../core/sample.ts';
import type { ProbeContext } from '../../core/system.ts';
import type { Destination } from '../../machine/network/dial.ts';
import { type PostgresConfig, postgresConfig } from './config.ts';
import { failureOf } from './failure.ts';
import { type Query, Session } from './session.ts';

/**
 * Two sessions are kept: liveness and sessions are never queued behind a slow catalogue query, a server with few
 * slots loses no more to its watcher, and while the slots are exhausted a session that exists is the only one that
 * can look. Others come and go with the checks that read the whole catalogue or what sessions start with.
 */
export interface PostgresConnection {
  readonly config: PostgresConfig;
  /** Folder of upkeep.yaml; undefined where none is known. */
  readonly folder: string | undefined;
  readonly quick: Session;
  readonly work: Session;
  /** For checks that read the whole catalogue. */
  readonly seldom: Session;
  /** Sets nothing for itself: for what every other session gets. Comes and goes. */
  readonly plain: Session;
  /** Sessions that are changing something now (`acting.ts`). */
  readonly acting: Set<Socket>;
  /** The other server of its pair; undefined where it belongs to none. */
  readonly pair: Pair | undefined;
}

export interface Pair extends Omit<FailoverPart, 'other'> {
  readonly other: PostgresConfig;
}

export const applicationName = 'upkeep';

/**
 * Settings of our own sessions, sent with the login: a transaction pooler would hand a later SET on to
 * other clients, while it refuses what it does not know at login. They bound our cost; they are no
 * protection (a read-only transaction still lets a superuser do much).
 */
export const sessionSettings: Readonly<Record<string, string>> = {
  statement_timeout: '10s',
  lock_timeout: '1s',
  idle_in_transaction_session_timeout: '10s',
  default_transaction_read_only: 'on',
  search_path: 'pg_catalog',
  TimeZone: 'UTC',
  jit: 'off',
};

export function connect(
  config: PostgresConfig,
  { folder, failover }: { readonly folder?: string; readonly failover?: FailoverPart } = {},
): PostgresConnection {
  const other = failover && postgresConfig.safeParse(failover.other).data;
  const login = clientConfig(config, sessionSettings);
  // One at a time: with the two that are kept, and one that acts, a role needs no more than four.
  const turns = { last: Promise.resolve() };
  return {
    config,
    folder,
    quick: new Session(login, { holdsOn: true }),
    work: new Session(login),
    seldom: new Session(login, { isKept: false, turns }),
    plain: new Session(clientConfig(config, {}), { isKept: false, turns }),
    acting: new Set(),
    pair: failover && other ? { ...failover, other } : undefined,
  };
}

export async function close(conn: PostgresConnection): Promise<void> {
  for (const socket of conn.acting) socket.destroy();
  await Promise.all([conn.quick, conn.work, conn.seldom, conn.plain].map((session) => session.close()));
}

/** `host:port/database`, without user and password. */
export function address(config: PostgresConfig): string {
  const url = new URL(config.url);
  return `${hostOf(url)}:${portOf(url)}${url.pathname}`;
}

/** Undefined where a socket file of this machine is asked. */
export function destination(config: PostgresConfig): Destination | undefined {
  const url = new URL(config.url);
  const host = hostOf(url).replace(/^\[(.*)\]$/, '$1');
  return host.startsWith('/') ? undefined : { host, port: portOf(url) };
}

/** Of the server, or of the socket file of this machine. */
export function serverPort(config: Pick<PostgresConfig, 'url'>): number {
  return portOf(new URL(config.url));
}

function hostOf(url: URL): string {
  return (
    url.searchParams.get('host') ?? (url.hostname === '' ? 'localhost' : decodeURIComponent(url.hostname))
  );
}

function portOf(url: URL): number {
  return Number(url.searchParams.get('port') ?? (url.port === '' ? 5432 : url.port));
}

/** For a session of the target with these settings. */
export function clientConfig(
  config: PostgresConfig,
  settings: Readonly<Record<string, string>>,
): ClientConfig {
  const url = new URL(config.url);
  const own = Object.entries(config.role === undefined ? settings : { ...settings, role: config.role })
    .map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, '\\$&')}`)
    .join(' ');
  // What stands in the url would win over the options of the client.
  const options = [url.searchParams.get('options'), own].filter(Boolean).join(' ');
  for (const name of ['options', 'application_name', 'statement_timeout', 'lock_timeout']) {
    url.searchParams.delete(name);
  }
  const mode = url.searchParams.get('sslmode');
  if (mode === 'prefer' || mode === 'allow') url.searchParams.delete('sslmode');
  else if (mode !== null && mode !== 'no-verify') url.searchParams.set('uselibpqcompat', 'true');
  return { connectionString: url.href, application_name: applicationName, options, keepAlive: true };
}

export interface Seen {
  readonly readings: readonly Reading[];
  readonly missing?: readonly Missing[];
  readonly snapshots?: readonly Snapshot[];
  readonly detail?: string;
}

/** Runs a probe's look at the server and says what a failure means; never throws. */
export async function observe(
  session: Session,
  ctx: ProbeContext,
  look: (query: Query) => Promise<Seen>,
): Promise<Outcome> {
  try {
    const seen = await session.use(ctx.signal, look);
    welcome.add(session);
    return { ok: true, ...seen };
  } catch (error) {
    const { why, detail } = failureOf(error, ctx.timeoutMs);
    if (why !== 'denied' || session.hasPassword || welcome.has(session)) return { ok: false, why, detail };
    // The server is alive and was never told who we are: that is our gap, not its outage.
    return {
      ok: false,
      why: 'broken-probe',
      detail: `no login is configured: ${detail}; put role and password into url`,
    };
  }
}

/** Sessions that have logged in once: a refusal after that is news, whatever the url says. */
const welcome = new WeakSet<Session>();
