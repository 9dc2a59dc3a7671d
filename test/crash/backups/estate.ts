/** What is backed up: one PostgreSQL by three engines, Redis, MariaDB and files, with copies in a bucket. */
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { archiveCommand, repositoryIn } from '../../../src/systems/postgres/backups/pgbackrest-repository.ts';
import { type MariadbServer, startMariadb } from '../../servers/mariadb.ts';
import { type PostgresServer, startPostgres } from '../../servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../servers/process.ts';
import { startRedis } from '../../servers/redis.ts';
import { startS3 } from '../../servers/s3.ts';
import { killTree } from './machine.ts';

export const planNames = ['logical', 'pgbackrest', 'plain', 'redis', 'mysql', 'files'] as const;
export type PlanName = (typeof planNames)[number];

/** Those that are copied to the bucket. */
export const copied: readonly PlanName[] = ['logical', 'redis', 'mysql'];

export interface Estate {
  readonly folder: string;
  readonly kept: string;
  readonly scratch: string;
  readonly restored: string;
  readonly postgres: PostgresServer;
  /** Null where nothing of it is backed up. */
  readonly mariadb: MariadbServer | null;
  readonly plans: readonly PlanName[];
  /** Ends all its processes at once and starts it again. */
  crashPostgres(): Promise<void>;
  /** Objects that were put into the bucket so far. */
  putCount(): number;
  /** Lets the clock of the bucket be as far ahead. */
  setAhead(ms: number): void;
  stop(): Promise<void>;
}

export const rowsOfShop = 60_000;

export async function startEstate(plans: readonly PlanName[] = planNames): Promise<Estate> {
  const folder = temporaryFolder('kill');
  chmodSync(folder, 0o711);
  const [kept, scratch, restored, files] = ['kept', 's', 'restored', 'files'].map((name) =>
    join(folder, name),
  );
  if (!kept || !scratch || !restored || !files) throw new Error('no folders');
  for (const path of [kept, scratch, restored, files]) mkdirSync(path, { mode: 0o711 });
  const [postgres, redis, mariadb, s3] = await Promise.all([
    startPostgres({
      settings: { archive_mode: 'on', archive_timeout: 60, wal_level: 'replica', max_wal_senders: 10 },
    }),
    plans.includes('redis') ? startRedis() : null,
    plans.includes('mysql')
      ? startMariadb({
          setup: [
            'CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(64))',
            'INSERT INTO orders SELECT seq, SHA1(seq) FROM seq_1_to_30000',
          ],
        })
      : null,
    startS3(),
  ]);
  const command = archiveCommand(repositoryIn(join(kept, 'pgbackrest')));
  await postgres.query(`ALTER SYSTEM SET archive_command = '${command.replaceAll("'", "''")}'`);
  await postgres.query('SELECT pg_reload_conf()');
  const shop = await postgres.createDatabase('shop');
  await inShop(shop, [
    `CREATE TABLE orders AS SELECT i AS id, sha256(i::text::bytea)::text AS note FROM generate_series(1, ${rowsOfShop}) i`,
    'ALTER TABLE orders ADD PRIMARY KEY (id)',
    'CREATE INDEX ON orders (note)',
    'CREATE TABLE stamp AS SELECT 0 AS round',
  ]);
  if (redis) await fillRedis(redis.url);
  for (let n = 0; n < 200; n++) writeFileSync(join(files, `f${n}`), String(n).repeat(2_000));
  const pair = (of: typeof s3.writer) => ({ accessKey: of.accessKey, secretKey: of.secretKey });
  const offsite = {
    ...{ bucket: s3.bucket, endpoint: s3.endpoint, ...pair(s3.writer), deleter: pair(s3.deleter) },
    ...{ passphrase: 'correct horse battery staple', every: 'monthly' },
  };
  const plan = (name: PlanName, of: string, engine: string, more: object = {}) => [
    name,
    {
      of,
      engine,
      to: kept,
      scratch,
      at: '03:00',
      prove: 'monthly',
      ...more,
      ...(copied.includes(name) ? { offsite } : {}),
    },
  ];
  const settings = {
    ...{ name: 'crash', timezone: 'UTC', environment: 'staging', store: './data' },
    targets: {
      db: { system: 'postgres', url: shop, every: '30s' },
      ...(redis && { cache: { system: 'redis', url: redis.url, every: '60s' } }),
      ...(mariadb && { sql: { system: 'mysql', url: mariadb.url, every: '60s' } }),
      here: { system: 'host', every: '60s' },
    },
    backups: Object.fromEntries(
      [
        plan('logical', 'db', 'postgres.logical'),
        plan('pgbackrest', 'db', 'postgres.pgbackrest'),
        plan('plain', 'db', 'postgres.plain'),
        plan('redis', 'cache', 'redis.rdb'),
        plan('mysql', 'sql', 'mysql.mysqldump'),
        plan('files', 'here', 'host.files', { paths: [files] }),
      ].filter(([name]) => plans.some((one) => one === name)),
    ),
    guard: { budgets: { perTargetPerHour: 1_000, perIncident: 1_000, perDay: 5_000 } },
  };
  // JSON is YAML.
  writeFileSync(join(folder, 'upkeep.yaml'), JSON.stringify(settings, null, 2));
  return {
    ...{ folder, kept, scratch, restored, postgres, mariadb, plans },
    async crashPostgres() {
      killTree(postgres.pid);
      await postgres.crash();
      await postgres.revive();
    },
    putCount: () => s3.requests.filter((one) => one.startsWith('PUT ')).length,
    setAhead(ms) {
      s3.ways.clockAheadMs = ms;
    },
    async stop() {
      await Promise.all([postgres.stop('SIGQUIT'), redis?.stop(), mariadb?.stop('SIGKILL'), s3.stop()]);
      removeFolder(folder);
    },
  };
}

async function fillRedis(url: string): Promise<void> {
  const client = new Redis(url);
  for (let n = 0; n < 3_000; n++) await client.set(`key:${n}`, 'x'.repeat(200));
  await client.quit();
}

export async function inShop(url: string, statements: readonly string[]): Promise<Record<string, unknown>[]> {
  const { default: pg } = await import('pg');
  const client = new pg.Client(url);
  client.on('error', () => {});
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) ({ rows } = await client.query(statement));
    return rows;
  } finally {
    await client.end();
  }
}

export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
