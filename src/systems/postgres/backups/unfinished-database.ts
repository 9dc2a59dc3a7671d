/** Databases that a restore of ours fills: they say so of themselves until they are whole, and only those are dropped. */
import type { Client } from 'pg';
import type { RestoreOrder } from '../../../core/backup/engine.ts';
import type { PostgresConnection } from '../client.ts';
import { literal, quoted, withDatabase } from './database-session.ts';
import { keptName } from './database-swap.ts';
import { logicalManifest } from './manifest.ts';

const unfinished = 'not finished: a restore of Upkeep; the next one drops it';

/** What takes the place of a living one is filled under this name. */
export function freshName(living: string): string {
  return `${living.slice(0, 48)}_restored`;
}

export async function markUnfinished(client: Client, database: string): Promise<void> {
  await client.query(`COMMENT ON DATABASE ${quoted(database)} IS ${literal(unfinished)}`);
}

/** Also where a program that was killed still has its session there: the server learns of its end only when it writes. */
export async function dropOwn(client: Client, database: string): Promise<void> {
  await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [database]);
  await client.query(`DROP DATABASE ${quoted(database)}`);
}

/** What an earlier restore left that was cut off; nothing else of that name is touched. */
export async function clearLeft(client: Client, fresh: string): Promise<void> {
  const said = await saidOf(client, fresh);
  if (said === undefined) return;
  if (said !== unfinished) throw new Error(`there is a database ${fresh} already, and it is none of ours`);
  await client.query(`DROP DATABASE ${quoted(fresh)}`);
}

/** After a restore that was cut off, or could not clear up after itself; what was done, null where nothing was there. */
export async function clearRestore(
  { config }: PostgresConnection,
  { into, manifest }: Pick<RestoreOrder, 'into' | 'manifest'>,
): Promise<string | null> {
  if (into.kind === 'folder') return null;
  const living = into.kind === 'database' ? into.name : logicalManifest.parse(manifest).database;
  const fresh = into.kind === 'database' ? into.name : freshName(living);
  return withDatabase(config, null, async (client) => {
    const said = await saidOf(client, fresh);
    const isOurs = said === unfinished || (said === null && (await isEmpty(config, fresh)));
    if (isOurs) {
      await dropOwn(client, fresh);
      return `database ${fresh} is dropped, which was not whole`;
    }
    if (into.kind === 'database') return said === undefined ? null : `database ${fresh} is whole and stays`;
    const { rows } = await client.query<{ name: string }>(
      'SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1) ORDER BY 1 DESC LIMIT 1',
      [keptName(living, '')],
    );
    return rows[0] ? `the newest that was kept of ${living} is ${rows[0].name}` : null;
  });
}

/** Undefined where there is none of that name. */
async function saidOf(client: Client, database: string): Promise<string | null | undefined> {
  const { rows } = await client.query<{ said: string | null }>(
    "SELECT shobj_description(oid, 'pg_database') AS said FROM pg_database WHERE datname = $1",
    [database],
  );
  return rows[0]?.said;
}

/** It was cut off between its making and its mark. */
function isEmpty(config: PostgresConnection['config'], database: string): Promise<boolean> {
  return withDatabase(config, database, async (client) => {
    const { rows } = await client.query<{ has: boolean }>(
      `SELECT EXISTS (SELECT FROM pg_class WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_proc WHERE oid >= 16384)
         OR EXISTS (SELECT FROM pg_namespace WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_largeobject_metadata) AS has`,
    );
    return rows[0]?.has === false;
  });
}
