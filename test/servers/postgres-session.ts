/** Sessions of applications on a test's PostgreSQL. */
import pg from 'pg';
import type { PostgresServer } from './postgres.ts';

export function urlFor(server: Pick<PostgresServer, 'port'>, role: string, database = 'postgres'): string {
  return `postgres://${role}@127.0.0.1:${server.port}/${database}`;
}

export async function login(
  server: Pick<PostgresServer, 'port'>,
  user: string,
  application: string,
): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: server.port,
    user,
    database: 'postgres',
    application_name: application,
  });
  // Sessions are ended on purpose in tests; without a listener that would end the test process.
  client.on('error', () => {});
  await client.connect();
  return client;
}
