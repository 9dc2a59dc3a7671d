import type { Destination } from '../../machine/network/dial.ts';
import { addressOf, destinationOf, optionsOf, placeOf } from '../../protocols/mysql/login.ts';
import type { MysqlConfig } from './config.ts';
import { openSession, type Session } from './session.ts';

export { observe, type Seen } from '../../protocols/mysql/observe.ts';

/**
 * Two sessions at most: liveness and sessions are never queued behind a slow catalogue query. Both are kept, because
 * while the slots are exhausted a session that exists is the only one that can look.
 */
export interface MysqlConnection {
  readonly config: MysqlConfig;
  readonly quick: Session;
  readonly work: Session;
}

const defaultPort = 3306;

export function connect(config: MysqlConfig): MysqlConnection {
  const url = new URL(config.url);
  const place = placeOf(url, defaultPort);
  const session = () => openSession(optionsOf(url, place), place);
  return { config, quick: session(), work: session() };
}

export async function close(conn: MysqlConnection): Promise<void> {
  await Promise.all([conn.quick.close(), conn.work.close()]);
}

/** `host:port/database`, without user and password. */
export function address(config: MysqlConfig): string {
  return addressOf(new URL(config.url), defaultPort);
}

/** Undefined where a socket file of this machine is asked. */
export function destination(config: MysqlConfig): Destination | undefined {
  return destinationOf(new URL(config.url), defaultPort);
}

/** Whether the server runs on this machine, so that its folders can be looked at. */
export function isHere(config: MysqlConfig): boolean {
  const { host, socketPath } = placeOf(new URL(config.url), defaultPort);
  return socketPath !== undefined || /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host);
}
