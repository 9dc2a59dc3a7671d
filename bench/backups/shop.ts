/** A PostgreSQL in a folder of its own that holds a shop of a given size, as a server in earnest: checksums, fsync. */
import { chmodSync } from 'node:fs';
import { type PostgresServer, startPostgres } from '../../test/servers/postgres.ts';

/** Of what is generated the indexes take so much. */
const tablesShare = 0.8;
const chunkRows = 50_000;

export interface Shop {
  readonly server: PostgresServer;
  /** Of the database that is backed up. */
  readonly url: string;
  /** As the server says it, with indexes. */
  readonly bytes: number;
  readonly rows: number;
  /** In a session of its own. */
  query(text: string): Promise<Record<string, unknown>[]>;
}

const schema = [
  `CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL, email text NOT NULL,
     since timestamptz NOT NULL, balance numeric(12, 2) NOT NULL)`,
  `CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint NOT NULL, state text NOT NULL,
     amount numeric(12, 2) NOT NULL, placed timestamptz NOT NULL, note text)`,
  `CREATE TABLE events (id bigint PRIMARY KEY, "order" bigint NOT NULL, kind text NOT NULL,
     payload jsonb NOT NULL, at timestamptz NOT NULL)`,
  'CREATE TABLE pictures (id bigint PRIMARY KEY, content bytea NOT NULL)',
];

/** The same on each run: what is random comes from hashes of the number. */
const chunk = (from: number, to: number) => [
  `INSERT INTO customers SELECT i, 'Customer ' || md5(i::text), substr(md5(i || 'm'), 1, 12) || '@example.org',
     timestamptz '2020-01-01 UTC' + i * interval '7 minutes', (hashint8(i) % 100000) / 100.0
   FROM generate_series(${from / 10}, ${to / 10} - 1) i`,
  `INSERT INTO orders SELECT i, abs(hashint8(i)) % ${Math.max(1, to / 10)}, (ARRAY['open', 'paid', 'sent', 'back'])[1 + abs(hashint8(i + 7)) % 4],
     (abs(hashint8(i + 1)) % 1000000) / 100.0, timestamptz '2021-01-01 UTC' + i * interval '31 seconds',
     CASE WHEN i % 3 = 0 THEN 'Please leave it with the neighbour at number ' || i % 200 END
   FROM generate_series(${from}, ${to} - 1) i`,
  `INSERT INTO events SELECT i, i, (ARRAY['seen', 'put', 'bought'])[1 + i % 3],
     jsonb_build_object('page', '/goods/' || abs(hashint8(i)) % 5000, 'agent', md5((i % 997)::text), 'ms', abs(hashint8(i + 3)) % 900, 'trace', md5(i::text)),
     timestamptz '2021-01-01 UTC' + i * interval '31 seconds'
   FROM generate_series(${from}, ${to} - 1) i`,
  `INSERT INTO pictures SELECT i, decode(string_agg(md5(i || ' ' || j), ''), 'hex')
   FROM generate_series(${from / 50}, ${to / 50} - 1) i, generate_series(1, 250) j GROUP BY i`,
];

export async function openShop(bytes: number): Promise<Shop> {
  const server = await startPostgres({
    checksums: true,
    settings: {
      ...{ fsync: 'on', shared_buffers: '256MB', max_wal_size: '4GB', checkpoint_timeout: '1h' },
      ...{ wal_level: 'replica', archive_mode: 'on', archive_command: 'true', archive_timeout: 60 },
      ...{ autovacuum: 'off', max_wal_senders: 5, maintenance_work_mem: '256MB' },
    },
  });
  try {
    chmodSync(server.folder, 0o755);
    const url = await server.createDatabase('shop');
    const query = (text: string) => asked(url, text);
    for (const text of schema) await query(text);
    let rows = 0;
    for (let size = 0; size < bytes * tablesShare; rows += chunkRows) {
      for (const text of chunk(rows, rows + chunkRows)) await query(`SET synchronous_commit = off; ${text}`);
      size = Number((await query('SELECT pg_database_size(current_database()) AS size'))[0]?.size);
    }
    for (const on of ['orders (customer)', 'orders (placed)', 'events ("order")', 'events (at)'])
      await query(`CREATE INDEX ON ${on}`);
    await query('VACUUM (FREEZE, ANALYZE)');
    await query('CHECKPOINT');
    const [found] = await query(
      `SELECT pg_database_size(current_database()) AS size,
         (SELECT sum(reltuples)::bigint FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace) AS rows`,
    );
    return { server, url, bytes: Number(found?.size), rows: Number(found?.rows), query };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function asked(url: string, text: string): Promise<Record<string, unknown>[]> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const answer = await client.query<Record<string, unknown>>(text);
    return Array.isArray(answer) ? (answer.at(-1)?.rows ?? []) : answer.rows;
  } finally {
    await client.end();
  }
}
