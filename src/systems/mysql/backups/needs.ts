/** Where the data lies, so that a backup on the same disk is told. A dump itself asks for nothing else beforehand. */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import type { EngineContext } from '../../../core/backup/engine.ts';
import type { Needs, NeedsOrder } from '../../../core/backup/needs.ts';
import { isHere, type MysqlConnection } from '../client.ts';
import { readVariables } from '../status.ts';

export async function dataNeeds(
  conn: MysqlConnection,
  _order: NeedsOrder,
  { signal }: EngineContext,
): Promise<Needs> {
  const none: Needs = { needs: [], data: null, fullBytes: null };
  if (!isHere(conn.config)) return none;
  const values = await conn.quick.use(signal, (db) => readVariables(db, 'datadir', 'hostname'));
  const data = values.text('datadir');
  // A container has folders of the same names, and another name of its own.
  const isSeen = values.text('hostname') === hostname() && data !== undefined && existsSync(data);
  return isSeen ? { ...none, data } : none;
}
