/** Where the server logs: the file of its setting, else what its process holds open. Redis opens it for each line. */
import { isLocalAddress } from '../../machine/local-listeners.ts';
import { logFilesOfListener, namedLog } from '../../machine/logs/places.ts';
import { lookupName } from '../../machine/network/lookup.ts';
import { destination, type RedisConnection } from './client.ts';

export async function logs(conn: RedisConnection, signal: AbortSignal): Promise<readonly string[]> {
  const to = destination(conn.config);
  const addresses = await lookupName(to.host).catch(() => []);
  if (!addresses.some(({ address }) => isLocalAddress(address))) return [];
  // A managed server renames CONFIG, an ACL may refuse it; its process still tells.
  const answer = await conn.session
    .use(signal, (ask) => ask('CONFIG', 'GET', 'logfile'))
    .catch(() => undefined);
  const file = Array.isArray(answer) && typeof answer[1] === 'string' ? answer[1] : '';
  const named = await namedLog(file);
  return named.length > 0 ? named : logFilesOfListener(to);
}
