/** Where the data lies, so that a backup on the same disk is told. A snapshot itself asks for nothing else beforehand. */
import { existsSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import type { EngineContext } from '../../../core/backup/engine.ts';
import type { Needs, NeedsOrder } from '../../../core/backup/needs.ts';
import { processListeningOn } from '../../../machine/listeners.ts';
import { isLocalAddress } from '../../../machine/local-listeners.ts';
import { lookupName } from '../../../machine/network/lookup.ts';
import { programName } from '../../../machine/processes.ts';
import { destination, type RedisConnection } from '../client.ts';

export async function dataNeeds(
  conn: RedisConnection,
  _order: NeedsOrder,
  { signal }: EngineContext,
): Promise<Needs> {
  return { needs: [], data: await dataFolder(conn, signal), fullBytes: null };
}

async function dataFolder(conn: RedisConnection, signal: AbortSignal): Promise<string | null> {
  const { host, port } = destination(conn.config);
  const addresses = await lookupName(host).catch(() => []);
  if (!addresses.some(({ address }) => isLocalAddress(address))) return null;
  // Redis works in its folder, so its process tells also where an ACL refuses CONFIG.
  const process = await processListeningOn(host, port).catch(() => undefined);
  // Another program listens where the network of a container is led through.
  if (process === undefined || !/redis|valkey/.test(programName(process))) return null;
  const folder = await readlink(`/proc/${process.pid}/cwd`).catch(() => null);
  if (folder !== null) return existsSync(folder) ? folder : null;
  const answer = await conn.session.use(signal, (ask) => ask('CONFIG', 'GET', 'dir')).catch(() => undefined);
  const told = Array.isArray(answer) && typeof answer[1] === 'string' ? answer[1] : null;
  return told !== null && existsSync(told) ? told : null;
}
