/** How fresh what is shown is; kept outside React because the event stream writes it. */
import { useSyncExternalStore } from 'react';

export interface Connection {
  readonly phase: 'connecting' | 'open' | 'lost';
  /** When the server was last heard, in this browser's time; null before the first answer. */
  readonly heardAt: number | null;
  /** When the stream broke; null while it is open. */
  readonly lostAt: number | null;
}

let connection: Connection = { phase: 'connecting', heardAt: null, lostAt: null };
const listeners = new Set<() => void>();

/** Added to this browser's time to get the server's; ages would lie on a machine whose clock is off. */
let offsetMs = 0;
const tolerableOffsetMs = 2_000;

export function setConnection(change: Partial<Connection>): void {
  connection = { ...connection, ...change };
  for (const listener of listeners) listener();
}

export function heardFromServer(serverNow?: number): void {
  const now = Date.now();
  if (serverNow !== undefined) {
    const difference = serverNow - now;
    offsetMs = Math.abs(difference) > tolerableOffsetMs ? difference : 0;
  }
  // Events may come hundreds a second; the page shows whole seconds.
  if (connection.heardAt === null || now - connection.heardAt >= 1_000) setConnection({ heardAt: now });
}

export function serverNow(): number {
  return Date.now() + offsetMs;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function readConnection(): Connection {
  return connection;
}

export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, readConnection);
}
