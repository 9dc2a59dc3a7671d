/** The error log that is declared or stands in the configuration, else what nginx holds open. */
import { logFilesOfListener, namedLog } from '../../machine/logs/places.ts';
import { destination, logPath, type NginxConnection } from './client.ts';

export async function logs(conn: NginxConnection): Promise<readonly string[]> {
  const path = logPath(conn, 'error_log');
  if (path !== undefined && conn.config.errorLog !== undefined) return [path];
  const named = await namedLog(path);
  return named.length > 0 ? named : logFilesOfListener(destination(conn));
}
