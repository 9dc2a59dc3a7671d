import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'mysql2';
import type { Snapshot } from '../../core/change.ts';
import type { Missing, Outcome, Reading } from '../../core/sample.ts';
import type { ProbeContext } from '../../core/system.ts';
import type { Destination } from '../../machine/network/dial.ts';
import type { MysqlConfig } from './config.ts';
import { failureOf } from './failure.ts';
import { type Db, type Place, Session } from './session.ts';

/**
 * Two sessions at most: liveness and sessions are never queued behind a slow catalogue query. Both are kept, because
 * while the slots are exhausted a session that exists is the only one that can look.
 */
export interface MysqlConnection {
  readonly config: MysqlConfig;
  readonly quick: Session;
  readonly work: Session;
}

/** In performance_schema.session_connect_attrs as program_name. */
export const programName = 'upkeep';

export function connect(config: MysqlConfig): MysqlConnection {
  const url = new URL(config.url);
  const place = placeOf(url);
  const session = () => new Session(optionsOf(url, place), place);
  return { config, quick: session(), work: session() };
}

export async function close(conn: MysqlConnection): Promise<void> {
  await Promise.all([conn.quick.close(), conn.work.close()]);
}

/** `host:port/database`, without user and password. */
export function address(config: MysqlConfig): string {
  const url = new URL(config.url);
  const { host, port, socketPath } = placeOf(url);
  const bare = host.includes(':') ? `[${host}]` : host;
  return socketPath ?? `${bare}:${port}${url.pathname === '/' ? '' : url.pathname}`;
}

/** Undefined where a socket file of this machine is asked. */
export function destination(config: MysqlConfig): Destination | undefined {
  const { host, port, socketPath } = placeOf(new URL(config.url));
  return socketPath === undefined ? { host, port } : undefined;
}

/** Whether the server runs on this machine, so that its folders can be looked at. */
export function isHere(config: MysqlConfig): boolean {
  const { host, socketPath } = placeOf(new URL(config.url));
  return socketPath !== undefined || /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host);
}

function placeOf(url: URL): Place {
  const socketPath = url.searchParams.get('socketPath') ?? url.searchParams.get('socket');
  const host = url.hostname === '' ? 'localhost' : decodeURIComponent(url.hostname);
  return {
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 3306 : Number(url.port),
    ...(socketPath === null ? {} : { socketPath }),
  };
}

function optionsOf(url: URL, { host }: Place): ConnectionOptions {
  const database = decodeURIComponent(url.pathname.slice(1));
  return {
    host,
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    ...(database === '' ? {} : { database }),
    ...tlsOf(url, host),
    connectAttributes: { program_name: programName },
    // Ours end with the check's signal.
    connectTimeout: 0,
    multipleStatements: false,
    // LOAD DATA LOCAL would let a hostile server ask for files of this machine.
    flags: ['-LOCAL_FILES'],
    dateStrings: true,
    decimalNumbers: true,
    supportBigNumbers: true,
  };
}

function tlsOf(url: URL, host: string): Pick<ConnectionOptions, 'ssl'> {
  const mode = (url.searchParams.get('ssl-mode') ?? url.searchParams.get('sslmode') ?? 'DISABLED')
    .toUpperCase()
    .replaceAll('-', '_');
  if (mode === 'DISABLED' || mode === 'DISABLE' || mode === 'PREFERRED' || mode === 'PREFER') return {};
  const ca = url.searchParams.get('ssl-ca');
  return {
    ssl: {
      rejectUnauthorized: mode.startsWith('VERIFY'),
      verifyIdentity: mode === 'VERIFY_IDENTITY' || mode === 'VERIFY_FULL',
      ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
      ...(ca === null ? {} : { ca: readFileSync(ca, 'utf8') }),
    },
  };
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
  look: (db: Db) => Promise<Seen>,
): Promise<Outcome> {
  try {
    const seen = await session.use(ctx.signal, look);
    welcome.add(session);
    return { ok: true, ...seen };
  } catch (error) {
    const { why, detail, code } = failureOf(error, ctx.timeoutMs);
    // 1044 speaks of a database: the login itself was accepted.
    if (why !== 'denied' || code === '1044' || session.hasPassword || welcome.has(session))
      return { ok: false, why, detail };
    // The server is alive and was never told who we are: that is our gap, not its outage.
    return {
      ok: false,
      why: 'broken-probe',
      detail: `no login is configured: ${detail}; put user and password into url`,
    };
  }
}

/** Sessions that have logged in once: a refusal after that is news, whatever the url says. */
const welcome = new WeakSet<Session>();
