import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { Clock } from '../../core/time.ts';
import { haproxy, locate } from '../../demo/optional.ts';
import { freePorts } from '../../demo/ports.ts';
import { findPostgres } from '../../demo/postgres-binaries.ts';
import type { Running } from '../../demo/processes.ts';
import { password } from '../../demo/secret.ts';
import type { Stack } from '../../demo/stack.ts';
import { until } from '../../demo/until.ts';
import { give, serverAccount } from '../../machine/unprivileged.ts';

/** A primary and its standby behind a HAProxy, for a failover. */
export interface Twins {
  /** What clients connect to. */
  readonly through: number;
  readonly socket: string;
  urlOf(server: 'primary' | 'standby'): string;
  /** Whether a client can write. */
  canWrite(): Promise<boolean>;
  killPrimary(): Promise<void>;
  /** Both anew, as they were at the start. */
  rebuild(): Promise<void>;
}

const tables = [
  'create table parcels (id int)',
  'insert into parcels select generate_series(1, 1000)',
  'grant insert, select on parcels to shop',
];
const grants = [
  'grant pg_monitor to upkeep',
  'grant execute on function pg_promote(boolean, integer) to upkeep',
  'grant select on pg_file_settings, pg_hba_file_rules to upkeep',
  'grant execute on function pg_show_all_file_settings(), pg_hba_file_rules() to upkeep',
];

/** All of them end with the stack. */
export async function startTwins(stack: Stack, clock: Clock): Promise<Twins> {
  const account = serverAccount();
  const binaries = findPostgres(stack.folder);
  const home = join(stack.folder, 'twins');
  mkdirSync(home, { mode: 0o711 });
  give(home, account);
  const [primary = 0, standby = 0, through = 0] = await freePorts(3);
  const ports = { primary, standby };
  const secrets = { upkeep: password(), shop: password(), stream: password() };
  const socket = join(home, 'admin.sock');
  const launch = { cwd: home, account, env: binaries.env };
  const admin = async (port: number, ...statements: string[]) => {
    const client = new pg.Client({ host: home, port, user: 'postgres', database: 'postgres' });
    client.on('error', () => {});
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  };
  const running: Running[] = [];
  const start = async (name: 'primary' | 'standby') => {
    const server = await stack.processes.start({
      ...launch,
      name: `twin-${name}`,
      command: join(binaries.bin, 'postgres'),
      args: ['-D', join(home, name), '-c', `port=${ports[name]}`],
      end: 'QUIT',
    });
    running.push(server);
    await until(
      clock,
      `the start of the ${name}`,
      30_000,
      () => admin(ports[name], 'select 1').then(() => true),
      {
        hasFailed: server.failure,
      },
    );
  };
  const build = async () => {
    const data = join(home, 'primary');
    await stack.processes.run({
      ...launch,
      name: 'twin-initdb',
      command: join(binaries.bin, 'initdb'),
      args: ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', '--auth-local=trust', '-E', 'UTF8']
        .concat('--locale=C', '--no-sync', '--no-instructions', '-k')
        .concat(`--pwfile=${secretFile(home, secrets.stream, account)}`),
      end: 'KILL',
    });
    appendFileSync(join(data, 'postgresql.conf'), settings(home));
    writeFileSync(join(data, 'pg_hba.conf'), access);
    await start('primary');
    const roles = [
      `create role upkeep login password '${secrets.upkeep}'`,
      `create role shop login password '${secrets.shop}'`,
      `create role stream login replication password '${secrets.stream}'`,
      `select pg_create_physical_replication_slot('standby')`,
    ];
    await admin(primary, ...roles, ...grants, ...tables);
    await stack.processes.run({
      ...launch,
      name: 'twin-copy',
      command: join(binaries.bin, 'pg_basebackup'),
      args: [
        '-D',
        join(home, 'standby'),
        '-R',
        '-X',
        'stream',
        '-c',
        'fast',
        '--no-sync',
        '-S',
        'standby',
        '-d',
      ].concat(`host=127.0.0.1 port=${primary} user=stream password=${secrets.stream}`),
      end: 'KILL',
    });
    await start('standby');
  };
  await build();
  writeFileSync(join(home, 'haproxy.cfg'), proxySettings(socket, through, primary, standby));
  const command = locate(haproxy) ?? haproxy.command;
  const args = ['-db', '-f', join(home, 'haproxy.cfg')];
  const startProxy = () =>
    stack.processes.start({ name: 'twin-proxy', command, args, cwd: home, end: 'TERM' });
  let proxy = await startProxy();
  const twins: Twins = {
    through,
    socket,
    urlOf: (server) => `postgres://upkeep:${secrets.upkeep}@127.0.0.1:${ports[server]}/postgres`,
    async canWrite() {
      const client = new pg.Client({
        ...{ host: '127.0.0.1', port: through, user: 'shop', password: secrets.shop, database: 'postgres' },
        ...{ connectionTimeoutMillis: 2_000, query_timeout: 2_000 },
      });
      client.on('error', () => {});
      try {
        await client.connect();
        await client.query('insert into parcels values (0)');
        return true;
      } catch {
        return false;
      } finally {
        await client.end().catch(() => {});
      }
    },
    killPrimary: async () => {
      await running[0]?.stop(['KILL'], 5_000);
    },
    async rebuild() {
      for (const server of running.splice(0).reverse()) await server.stop(['QUIT'], 5_000);
      await proxy.stop(['TERM'], 2_000);
      for (const name of ['primary', 'standby']) rmSync(join(home, name), { recursive: true, force: true });
      await build();
      proxy = await startProxy();
      await until(clock, 'a write through the proxy', 15_000, twins.canWrite);
    },
  };
  await until(clock, 'a write through the proxy', 15_000, twins.canWrite, { hasFailed: proxy.failure });
  return twins;
}

function secretFile(home: string, secret: string, account: ReturnType<typeof serverAccount>): string {
  const path = join(home, 'superuser');
  writeFileSync(path, `${secret}\n`, { mode: 0o600 });
  give(path, account);
  return path;
}

function settings(home: string): string {
  return `
listen_addresses = '127.0.0.1'
unix_socket_directories = '${home}'
max_connections = 20
shared_buffers = 16MB
log_lock_waits = on
max_slot_wal_keep_size = 256MB
`;
}

const access = `
local all postgres trust
host all upkeep,shop 127.0.0.1/32 scram-sha-256
host replication stream 127.0.0.1/32 scram-sha-256
`;

function proxySettings(socket: string, through: number, primary: number, standby: number): string {
  return `
global
  stats socket ${socket} mode 600 level admin
defaults
  mode tcp
  timeout connect 1s
  timeout client 1m
  timeout server 1m
listen parcels
  bind 127.0.0.1:${through}
  server primary 127.0.0.1:${primary}
  server standby 127.0.0.1:${standby} disabled
`;
}
