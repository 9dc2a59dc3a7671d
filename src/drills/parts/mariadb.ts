import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { Clock } from '../../core/time.ts';
import { locate } from '../../demo/optional.ts';
import { freePorts } from '../../demo/ports.ts';
import { password } from '../../demo/secret.ts';
import type { Stack } from '../../demo/stack.ts';
import { until } from '../../demo/until.ts';
import { give, serverAccount } from '../../machine/unprivileged.ts';

export const mariadbd = { command: 'mariadbd', apt: 'mariadb-server', without: '' };
const installer = { command: 'mariadb-install-db', apt: 'mariadb-server', without: '' };

export interface Mariadb {
  /** For Upkeep, with the grants that its readme names. */
  readonly url: string;
  /** A session of the application; the caller ends it. */
  login(): Promise<Connection>;
  /** One statement as root. */
  admin(sql: string): Promise<RowDataPacket[]>;
  /** Its folder for temporary files: a small file system of its own where we are root. */
  readonly tmpdir: string;
  /** Replicates it; logins are the same. */
  readonly replica: Pick<Mariadb, 'url' | 'admin'>;
  stop(): Promise<void>;
}

const run = promisify(execFile);
/** A report that sorts needs more. */
const tmpSize = '32m';

const small = ['--innodb-buffer-pool-size=16M', '--innodb-log-file-size=8M', '--innodb-flush-method=fsync']
  .concat('--innodb-flush-log-at-trx-commit=1', '--key-buffer-size=1M', '--performance-schema=OFF')
  .concat('--max-connections=40');

interface Launch {
  readonly stack: Stack;
  readonly clock: Clock;
  readonly name: string;
  readonly serverId: number;
  readonly tmpdir?: string;
}

/** A MariaDB whose root has no password yet; it ends with the stack. */
async function launch({ stack, clock, name, serverId, tmpdir }: Launch) {
  const { createConnection } = await import('mysql2/promise');
  const account = serverAccount();
  const home = join(stack.folder, name);
  const data = join(home, 'data');
  mkdirSync(home, { mode: 0o700 });
  mkdirSync(data, { mode: 0o700 });
  for (const path of [home, data]) give(path, account);
  const temporary = tmpdir === undefined ? home : await smallDisk(join(home, tmpdir), account);
  const [port = 0] = await freePorts(1);
  const common = { cwd: home, account, end: 'TERM' as const };
  await stack.processes.run({
    ...common,
    name: `${name}-install`,
    command: locate(installer) ?? installer.command,
    args: [
      '--no-defaults',
      `--datadir=${data}`,
      // A server that starts removes every `#sql…` in its tmpdir, also those of another that is at work there.
      `--tmpdir=${home}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ],
  });
  const server = await stack.processes.start({
    ...common,
    name,
    command: locate(mariadbd) ?? mariadbd.command,
    args: ['--no-defaults', `--datadir=${data}`, `--socket=${join(home, 's')}`, `--port=${port}`]
      .concat(
        '--bind-address=127.0.0.1',
        `--tmpdir=${temporary}`,
        `--server-id=${serverId}`,
        '--log-bin=log',
        '--sync-binlog=1',
      )
      .concat(small),
  });
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
  await until(clock, `the start of ${name}`, 30_000, isReady, { hasFailed: server.failure });
  return {
    ...{ port, open, admin, temporary },
    /** From now on root logs in with it. */
    isRoot(secret: string) {
      rootSecret = secret;
    },
    urlOf: (user: string, secret: string) => `mysql://${user}:${secret}@127.0.0.1:${port}/shop`,
  };
}

async function smallDisk(folder: string, account: ReturnType<typeof serverAccount>): Promise<string> {
  mkdirSync(folder);
  if (process.getuid?.() === 0)
    await run('mount', ['-t', 'tmpfs', '-o', `size=${tmpSize},mode=0700`, 'tmpfs', folder]);
  give(folder, account);
  return folder;
}

/** A MariaDB with the table `parcels` of the schema `shop`, and a replica of it. */
export async function startMariadb(stack: Stack, clock: Clock): Promise<Mariadb> {
  const primary = await launch({ stack, clock, name: 'mysql', serverId: 1, tmpdir: 'tmp' });
  const { open, admin, temporary } = primary;
  const secrets = { root: password(), shop: password(), upkeep: password(), stream: password() };
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
  primary.isRoot(secrets.root);
  const replica = await launch({ stack, clock, name: 'mysql-replica', serverId: 2 });
  await replica.admin(
    `change master to master_host = '127.0.0.1', master_port = ${primary.port}, master_user = 'stream', master_password = '${secrets.stream}', master_use_gtid = slave_pos, master_connect_retry = 1`,
  );
  await replica.admin('start slave');
  await until(clock, 'the replica', 20_000, async () => {
    // Its root gets the password of the other one's as it catches up.
    replica.isRoot('');
    await replica.admin('select 1').catch(() => replica.isRoot(secrets.root));
    return (await replica.admin('select count(*) as n from shop.parcels'))[0]?.n === 1_000;
  });
  replica.isRoot(secrets.root);
  return {
    url: primary.urlOf('upkeep', secrets.upkeep),
    login: async () => {
      const client = await open('shop', secrets.shop, 'shop');
      // A session that Upkeep ends reports so here.
      client.on('error', () => {});
      return client;
    },
    admin,
    tmpdir: temporary,
    replica: { url: replica.urlOf('upkeep', secrets.upkeep), admin: replica.admin },
    stop: async () => void (await run('umount', ['-l', temporary]).catch(() => {})),
  };
}

function setUp(secrets: { shop: string; upkeep: string; stream: string }): string[] {
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
    `create user stream@'127.0.0.1' identified by '${secrets.stream}'`,
    "grant replication slave on *.* to stream@'127.0.0.1'",
  ];
}
