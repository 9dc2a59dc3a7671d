/** HAProxy writes no files: its packages have syslog write one, and some run it with its output redirected. */
import { stat } from 'node:fs/promises';
import { logFilesOfListener } from '../../machine/logs/places.ts';
import { destination, type HaproxyConnection } from './client.ts';

const usual = '/var/log/haproxy.log';

export async function logs(conn: HaproxyConnection): Promise<readonly string[]> {
  const to = destination(conn);
  if (to !== undefined) return logFilesOfListener(to);
  const found = await stat(usual).catch(() => undefined);
  return found?.isFile() ? [usual] : [];
}
