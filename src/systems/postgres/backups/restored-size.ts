/** How far a restore of a dump is: a database grows to nearly the size of the one that was dumped. */
import type { Client } from 'pg';
import type { LogicalManifest } from './manifest.ts';

/** What it grows to, without what was dead in the source. */
export function restoredSize({ databaseBytes }: Pick<LogicalManifest, 'databaseBytes'>) {
  return { of: databaseBytes ?? null, isGuess: true };
}

/** Of now, in bytes, with indexes. */
export async function databaseBytes(client: Pick<Client, 'query'>, name: string): Promise<number> {
  const { rows } = await client.query<{ bytes: number }>('SELECT pg_database_size($1)::float8 AS bytes', [
    name,
  ]);
  return rows[0]?.bytes ?? 0;
}
