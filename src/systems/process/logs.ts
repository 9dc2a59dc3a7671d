/** The redirected output of the process and the logs that it holds open; of the last one seen when it is gone. */
import { logFilesOf } from '../../machine/logs/places.ts';
import type { ProcessConnection } from './connection.ts';
import { locate } from './locate.ts';

export async function logs(conn: ProcessConnection): Promise<readonly string[]> {
  const located = await locate(conn.config, conn.folder);
  return located.kind === 'found' ? logFilesOf(located.facts.pid) : [];
}
