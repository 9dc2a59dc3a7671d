import { resolve } from 'node:path';
import type { Snapshot } from '../../core/change.ts';
import type { PairedServer } from '../../core/failover.ts';
import type { Missing, Outcome, Reading } from '../../core/sample.ts';
import type { ConnectContext, ProbeContext } from '../../core/system.ts';
import type { Destination } from '../../machine/network/dial.ts';
import { ask, RuntimeRefusal, tcpOf } from '../../protocols/haproxy/runtime.ts';
import { parseInfo, parseStat, type StatRow } from '../../protocols/haproxy/stat.ts';
import type { HaproxyConfig } from './config.ts';
import { failureOf } from './failure.ts';
import { type LastProcesses, rememberProcess } from './last-process.ts';
import { createWindow, type Window } from './window.ts';

export interface HaproxyConnection {
  readonly config: HaproxyConfig;
  /** Path or host:port. */
  readonly socket: string;
  /** Full path; undefined where none is declared. */
  readonly file: string | undefined;
  readonly window: Window;
  /** Which process of this machine answered. */
  readonly processes: LastProcesses;
  /** Servers that `failover:` switches between. */
  readonly paired: readonly PairedServer[];
}

export function connect(
  config: HaproxyConfig,
  { folder, paired = [] }: Pick<ConnectContext, 'folder' | 'paired'>,
): HaproxyConnection {
  return {
    config,
    socket: tcpOf(config.socket) ? config.socket : resolve(folder, config.socket),
    file: config.config === undefined ? undefined : resolve(folder, config.config),
    window: createWindow(),
    processes: rememberProcess(),
    paired,
  };
}

/** What `failover:` says of a server; undefined where it says nothing. */
export function pairedAs(
  { paired }: HaproxyConnection,
  names: { readonly backend: string; readonly server: string },
): PairedServer | undefined {
  return paired.find((one) => one.backend === names.backend && one.server === names.server);
}

export function address(config: HaproxyConfig): string {
  return config.socket;
}

export function destination(conn: HaproxyConnection): Destination | undefined {
  return tcpOf(conn.socket);
}

export function tell(conn: HaproxyConnection, signal: AbortSignal, ...words: string[]): Promise<string> {
  return ask(conn.socket, words, signal);
}

/** Every row, noted in the window of the last minute. */
export async function readStat(
  conn: HaproxyConnection,
  ctx: { readonly signal: AbortSignal; readonly clock: { now(): number } },
): Promise<StatRow[]> {
  const rows = parseStat(await tell(conn, ctx.signal, 'show', 'stat'));
  conn.window.note(ctx.clock.now(), rows);
  return rows;
}

export async function readInfo(
  conn: HaproxyConnection,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  return parseInfo(await tell(conn, signal, 'show', 'info'));
}

export interface Seen {
  readonly readings: readonly Reading[];
  readonly missing?: readonly Missing[];
  readonly snapshots?: readonly Snapshot[];
  readonly detail?: string;
}

/** Runs a probe's look and says what a failure means; never throws. */
export async function observe(
  conn: HaproxyConnection,
  ctx: ProbeContext,
  look: () => Promise<Seen>,
): Promise<Outcome> {
  try {
    return { ok: true, ...(await look()) };
  } catch (error) {
    if (error instanceof RuntimeRefusal)
      return { ok: true, readings: [], missing: [notPermitted(error, ['*'])] };
    return { ok: false, ...failureOf(error, conn.config.socket, ctx.timeoutMs) };
  }
}

export function notPermitted(error: Error, metrics: readonly string[]): Missing {
  return {
    metrics,
    reason: `the runtime API says: ${error.message}`,
    remedy: 'stats socket /run/haproxy/admin.sock mode 660 level operator',
  };
}
