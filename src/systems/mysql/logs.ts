/** Where the server logs: the file of `log_error`, else what its process holds open. */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { logFilesOfListener, namedLog } from '../../machine/logs/places.ts';
import { destination, isHere, type MysqlConnection } from './client.ts';
import { readVariables } from './status.ts';

export async function logs(conn: MysqlConnection, signal: AbortSignal): Promise<readonly string[]> {
  if (!isHere(conn.config)) return [];
  const values = await conn.quick.use(signal, (db) => readVariables(db, 'log_error', 'datadir', 'hostname'));
  // A container has folders of the same names, and another name of its own.
  if (values.text('hostname') !== hostname()) return [];
  const file = values.text('log_error') ?? '';
  const named = /[/.]/.test(file) ? await namedLog(resolve(values.text('datadir') ?? '/', file)) : [];
  const to = destination(conn.config);
  return named.length > 0 || to === undefined ? named : logFilesOfListener(to);
}
