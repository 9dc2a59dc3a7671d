/** Sessions that change something: one for each change, never the read-only ones that look. */
import { Socket } from 'node:net';
import { Client } from 'pg';
import type { Clock } from '../../core/time.ts';
import { codeOf } from '../../machine/network/error-code.ts';
import { clientConfig, type PostgresConnection } from './client.ts';
import { type Query, queryOf } from './session.ts';

export interface Limits {
  /** How long a statement may stand in the queue for a lock: whoever comes after it waits behind it. */
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /**
   * The work goes on when the signal aborts (an index takes its time); the server ends it at the statement's limit. It is
   * destroyed otherwise.
   */
  readonly mayOutlast?: true;
  /** A setting that the session leaves as it finds it, because it is what is looked at. */
  readonly leaves?: string;
}

export const shortWork: Limits = { lockTimeoutMs: 2_000, statementTimeoutMs: 10_000 };

const connectTimeoutMs = 5_000;

/** Runs `job` in a session of its own. Rejects with the signal's reason as soon as it aborts. */
export async function act<T>(
  conn: PostgresConnection,
  signal: AbortSignal,
  limits: Limits,
  job: (query: Query) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const socket = new Socket();
  const client = new Client({
    ...clientConfig(conn.config, settingsFor(limits)),
    connectionTimeoutMillis: connectTimeoutMs,
    stream: () => socket,
  });
  client.on('error', () => {});
  conn.acting.add(socket);
  let isAtWork = false;
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  const onAbort = () => {
    if (!isAtWork || !limits.mayOutlast) socket.destroy();
    aborted.reject(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const work = async () => {
    try {
      await client.connect();
      isAtWork = true;
      const result = await job(queryOf(client));
      await client.end();
      return result;
    } finally {
      socket.destroy();
      conn.acting.delete(socket);
    }
  };
  const working = work();
  working.catch(() => {});
  try {
    return await Promise.race([working, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function settingsFor({ lockTimeoutMs, statementTimeoutMs, leaves }: Limits): Record<string, string> {
  const all = {
    statement_timeout: `${statementTimeoutMs}`,
    lock_timeout: `${lockTimeoutMs}`,
    default_transaction_read_only: 'off',
    search_path: 'pg_catalog',
    TimeZone: 'UTC',
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => name !== leaves));
}

const lockNotAvailable = '55P03';
const pausesMs = [500, 1_500];

/** Tries again after a lock could not be had in time, so that the queue behind the lock drains in between. */
export async function retryingLocks<T>(
  clock: Clock,
  attempt: () => Promise<T>,
  afterFailure: () => Promise<void> = async () => {},
): Promise<T> {
  for (const pauseMs of pausesMs) {
    try {
      return await attempt();
    } catch (error) {
      await afterFailure();
      if (codeOf(error) !== lockNotAvailable) throw error;
      await clock.sleep(pauseMs);
    }
  }
  try {
    return await attempt();
  } catch (error) {
    await afterFailure();
    throw error;
  }
}
