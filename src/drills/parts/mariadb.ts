import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { Clock } from '../../core/time.ts';
import { give, serverAccount } from '../../demo/account.ts';
import { locate } from '../../demo/optional.ts';
import { freePorts } from '../../demo/ports.ts';
import { password } from '../../demo/secret.ts';
import type { Stack } from '../../demo/stack.ts';
import { until } from '../../demo/until.ts';

export const mariadbd = { command: 'mariadbd', apt: 'mariadb-server', without: '' };
const installer = { command: 'mariadb-install-db', apt: 'mariadb-server', without: '' };

export interface Mariadb {
  /** For Upkeep, with the grants that its readme names. */
  readonly url: string;
  /** A session of the application; the caller ends it. */
  login(): Promise<Connection>;
  /** One statement as root. */
  admin(sql: string): Promise<RowDataPacket[]>;
}

const small = ['--innodb-buffer-pool-size=16M', '--innodb-log-file-size=8M', '--innodb-flush-method=fsync']
  .concat('--innodb-flush-log-at-trx-commit=2', '--key-buffer-size=1M', '--performance-schema=OFF')
  .concat('--max-connections=40');

/** A MariaDB with the table `parcels` of the schema `shop`; it ends with the stack. */
export async function startMariadb(stack: Stack, clock: Clock): Promise<Mariadb> {
  const { createConnection } = await import('mysql2/promise');
  const account = serverAccount();
  const home = join(stack.folder, 'mysql');
  const data = join(home, 'data');
  mkdirSync(home, { mode: 0o700 });
  mkdirSync(data, { mode: 0o700 });
  for (const path of [home, data]) give(path, account);
  const [port = 0] = await freePorts(1);
  const launch = { cwd: home, account, end: 'TERM' as const };
  await stack.processes.run({
    ...launch,
    name: 'mariadb-install',
    command: locate(installer) ?? installer.command,
    args: [
      '--no-defaults',
      `--datadir=${data}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ],
  });
  const server = await stack.processes.start({
    ...launch,
    name: 'mariadb',
    command: locate(mariadbd) ?? mariadbd.command,
    args: ['--no-defaults', `--datadir=${data}`, `--socket=${join(home, 's')}`, `--port=${port}`]
      .concat('--bind-address=127.0.0.1', `--tmpdir=${home}`)
      .concat(small),
  });
  const secrets = { root: password(), shop: password(), upkeep: password() };
  // MariaDB begins with a root without password.
  let rootSecret = '';
  const open = (user: string, secret: string, database?: string) =>
    createConnection({
      host: '127.0.0.1',
      port,
      user,
      password: secret,
      ...(database === undefined ? {} : { database }),
    });
  const admin = async (sql: string) => {
    const client = await open('root', rootSecret);
    try {
      const [rows] = await client.query<RowDataPacket[]>(sql);
      return Array.isArray(rows) ? rows : [];
    } finally {
      await client.end();
    }
  };
  const isReady = async () => (await admin('select 1')).length === 1;
  await until(clock, 'the start of MariaDB', 30_000, isReady, { hasFailed: server.failure });
  for (const statement of setUp(secrets)) await admin(statement);
  const root = await open('root', '');
  const [accounts] = await root.query<RowDataPacket[]>(
    "select user as name, host as place from mysql.user where user in ('', 'root')",
  );
  for (const { name, place } of accounts)
    await root.query(name === '' ? 'drop user ?@?' : 'alter user ?@? identified by ?', [
      name,
      place,
      secrets.root,
    ]);
  await root.end();
  rootSecret = secrets.root;
  return {
    url: `mysql://upkeep:${secrets.upkeep}@127.0.0.1:${port}/shop`,
    login: async () => {
      const client = await open('shop', secrets.shop, 'shop');
      // A session that Upkeep ends reports so here.
      client.on('error', () => {});
      return client;
    },
    admin,
  };
}

function setUp(secrets: { shop: string; upkeep: string }): string[] {
  return [
    'create database shop',
    'create table shop.parcels (id int primary key, state varchar(20) not null)',
    "insert into shop.parcels select seq, 'sent' from shop.seq_1_to_1000",
    `create user shop@'127.0.0.1' identified by '${secrets.shop}'`,
    "grant select, insert, update, delete, alter on shop.* to shop@'127.0.0.1'",
    `create user upkeep@'127.0.0.1' identified by '${secrets.upkeep}'`,
    "grant process, slave monitor, binlog monitor, connection admin on *.* to upkeep@'127.0.0.1'",
    "grant select on performance_schema.* to upkeep@'127.0.0.1'",
    "grant select on mysql.user to upkeep@'127.0.0.1'",
    "grant select on shop.* to upkeep@'127.0.0.1'",
  ];
}
