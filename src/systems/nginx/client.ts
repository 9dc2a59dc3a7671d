import { resolve } from 'node:path';
import type { Snapshot } from '../../core/change.ts';
import type { Missing, Outcome, Reading } from '../../core/sample.ts';
import type { ConnectContext, ProbeContext } from '../../core/system.ts';
import type { Destination } from '../../machine/network/dial.ts';
import { networkFailure } from '../../machine/network/failure.ts';
import { fetchText, portOf, type TextAnswer } from '../../machine/network/fetch-text.ts';
import type { NginxConfig } from './config.ts';
import { argsOf, type Configuration } from './configuration.ts';
import type { ErrorLine } from './error-log.ts';
import type { LineReader } from './log-format.ts';
import type { Tail } from './tail.ts';
import { createTraffic, type Traffic } from './traffic.ts';

export interface Followed<Reader> {
  readonly path: string;
  readonly tail: Tail;
  readonly reader: Reader;
}

export interface NginxConnection {
  readonly config: NginxConfig;
  readonly url: URL;
  /** Full path of nginx.conf; undefined where none is declared. */
  readonly file: string | undefined;
  /** Folder of the copies that passed. */
  readonly keep: string;
  readonly folder: string;
  readonly traffic: Traffic;
  /** As it was read last; the probe of the configuration reads it anew. */
  configuration: Configuration | undefined;
  accessLog: Followed<LineReader> | undefined;
  errorLog: Followed<undefined> | undefined;
  /** Since Upkeep began to read. */
  readonly errorCounts: Map<string, number>;
  /** The newest lines of the error log that mean something, oldest first. */
  readonly errors: { readonly at: number; readonly line: ErrorLine }[];
}

export function connect(
  config: NginxConfig,
  { folder, target }: Pick<ConnectContext, 'folder' | 'target'>,
): NginxConnection {
  return {
    config,
    url: new URL(config.url),
    file: config.config === undefined ? undefined : resolve(folder, config.config),
    keep: resolve(folder, config.keep ?? `data/nginx/${target ?? 'nginx'}`),
    folder,
    traffic: createTraffic(),
    configuration: undefined,
    accessLog: undefined,
    errorLog: undefined,
    errorCounts: new Map(),
    errors: [],
  };
}

/** Host, port and path; a query may hold a secret. */
export function address({ url }: NginxConfig): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname === '/' ? '' : pathname}`;
}

export function destination(conn: NginxConnection): Destination {
  return { host: conn.url.hostname.replace(/^\[(.*)\]$/, '$1'), port: portOf(conn.url) };
}

export interface Status {
  readonly active: number;
  readonly accepted: number;
  readonly handled: number;
  readonly requests: number;
  readonly reading: number;
  readonly writing: number;
  readonly waiting: number;
}

export function fetchStatus(conn: NginxConnection, signal: AbortSignal): Promise<TextAnswer> {
  return fetchText({ url: conn.url, signal, maxBytes: 1_000_000 });
}

/** The page of stub_status; undefined where it is another page. */
export function parseStatus({ status, text }: Pick<TextAnswer, 'status' | 'text'>): Status | undefined {
  const found =
    /^Active connections: (\d+)\s+server accepts handled requests\s+(\d+) (\d+) (\d+)\s+Reading: (\d+) Writing: (\d+) Waiting: (\d+)/.exec(
      text,
    );
  if (found === null || status !== 200) return undefined;
  const [active = 0, accepted = 0, handled = 0, requests = 0, reading = 0, writing = 0, waiting = 0] = found
    .slice(1)
    .map(Number);
  return { active, accepted, handled, requests, reading, writing, waiting };
}

/** Path of a log: as declared, else the first of the configuration. Undefined where there is none in a file. */
export function logPath(conn: NginxConnection, kind: 'access_log' | 'error_log'): string | undefined {
  const declared = kind === 'access_log' ? conn.config.accessLog : conn.config.errorLog;
  if (declared !== undefined) return resolve(conn.folder, declared);
  const lines = (conn.configuration?.directives ?? []).filter(({ name }) => name === kind);
  const path = lines
    .map(({ args }) => args[0] ?? '')
    .find((one) => one !== 'off' && one !== 'stderr' && !/^(syslog|memory):|\$/.test(one));
  if (path === undefined || path === '') return undefined;
  // What is relative starts at the prefix nginx was built with, which only it knows.
  return path.startsWith('/') ? path : undefined;
}

export function formatOf(conn: NginxConnection): string | undefined {
  if (conn.config.logFormat !== undefined) return conn.config.logFormat;
  const path = logPath(conn, 'access_log');
  const used = (conn.configuration?.directives ?? []).find(
    ({ name, args }) => name === 'access_log' && args[0] === path,
  );
  const name = used?.args[1];
  if (name === undefined || name.includes('=')) return undefined;
  const declared = conn.configuration?.directives.find(
    (one) => one.name === 'log_format' && one.args[0] === name,
  );
  return declared?.args
    .slice(1)
    .filter((word) => !word.startsWith('escape='))
    .join('');
}

/** How many connections one worker may have, both those of clients and those to servers behind it. */
export function workerConnections(conn: NginxConnection): number | undefined {
  if (conn.configuration === undefined) return undefined;
  // 512 is what nginx takes where nothing is said (ngx_core_module).
  return Number(argsOf(conn.configuration, 'worker_connections')?.[0] ?? 512);
}

export interface Seen {
  readonly readings: readonly Reading[];
  readonly missing?: readonly Missing[];
  readonly snapshots?: readonly Snapshot[];
  readonly detail?: string;
}

/** Runs a probe's look over the network and says what a failure means; never throws. */
export async function observe(
  conn: NginxConnection,
  ctx: ProbeContext,
  look: () => Promise<Seen>,
): Promise<Outcome> {
  const began = ctx.clock.monotonic();
  try {
    return { ok: true, ...(await look()) };
  } catch (error) {
    return { ok: false, ...networkFailure(error, destination(conn), ctx.clock.monotonic() - began) };
  }
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : String(error);
}
