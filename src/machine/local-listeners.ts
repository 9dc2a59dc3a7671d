/** Who listens on a port of this machine, and how much CPU it has used. */
import { hostname, networkInterfaces } from 'node:os';
import { allListeners, type Listening, serves } from './listeners.ts';
import { type ProcessFacts, processFacts } from './processes.ts';

export interface LocalListener {
  readonly address: string;
  /** Connections that the kernel took and the process did not accept yet. */
  readonly acceptQueue: number;
  /** Undefined where it belongs to another user. */
  readonly process: ProcessFacts | undefined;
}

/** The listeners of a port; undefined where this machine does not tell. */
export async function localListeners(port: number): Promise<LocalListener[] | undefined> {
  if (process.platform !== 'linux') return undefined;
  const listeners = await allListeners(port);
  return Promise.all(
    listeners.map(async ({ address, acceptQueue, pid }) => ({
      address,
      acceptQueue,
      process: pid === undefined ? undefined : await processFacts(pid),
    })),
  );
}

/** Whether an address belongs to this machine. */
export function isLocalAddress(address: string): boolean {
  if (/^127\.|^::1$|^0\.0\.0\.0$|^::$/.test(address)) return true;
  return Object.values(networkInterfaces()).some((entries) =>
    entries?.some((entry) => entry.address === address),
  );
}

/** Whether what is sent to that host and port arrives at this socket of this machine; false where nobody can tell by the name. */
export function isReachedAt({ address, port }: Listening, at: { host: string; port: number }): boolean {
  if (port !== at.port) return false;
  if (at.host === hostname().toLowerCase()) return address === '0.0.0.0' || address === '::';
  return (at.host === 'localhost' || isLocalAddress(at.host)) && serves(address, at.host);
}
