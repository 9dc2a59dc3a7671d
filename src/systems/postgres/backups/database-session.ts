/** Sessions that make, rename and look into databases of the server that is backed up. */
import type { Client } from 'pg';
import { clientConfig } from '../client.ts';
import type { PostgresConfig } from '../config.ts';
import { contentSettings } from './content.ts';

const settings: Readonly<Record<string, string>> = {
  ...contentSettings,
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '60s',
  default_transaction_read_only: 'off',
};

/** Every server has both; a database cannot be renamed from within. */
function elsewhere(url: string): string {
  const own = decodeURIComponent(new URL(url).pathname.slice(1));
  return own === 'postgres' ? 'template1' : 'postgres';
}

/** @param database null for one that is never restored over */
export async function withDatabase<T>(
  config: PostgresConfig,
  database: string | null,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const { Client: Driver } = await import('pg').then(({ default: pg }) => pg);
  const client = new Driver(
    clientConfig({ ...config, url: urlOf(config.url, database ?? elsewhere(config.url)) }, settings),
  );
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

export function urlOf(url: string, database: string): string {
  const own = new URL(url);
  own.pathname = `/${encodeURIComponent(database)}`;
  own.searchParams.delete('dbname');
  return own.href;
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
