import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { Clock } from '../core/time.ts';
import { type Account, give } from '../machine/unprivileged.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import type { Processes, Running } from './processes.ts';
import { password } from './secret.ts';
import { until } from './until.ts';

export const roles = ['app', 'batch', 'upkeep'] as const;
export type Role = (typeof roles)[number];

/** The size at which a dozen forgotten sessions exhaust it. */
export const maxConnections = 20;
/** Slots that only superusers get. */
export const reservedConnections = 3;
export const orderCount = 5_000;

export interface DemoPostgres {
  readonly process: Running;
  readonly port: number;
  readonly from: string;
  readonly database: string;
  readonly passwords: Readonly<Record<Role, string>>;
  url(role: Role): string;
  client(role: Role, applicationName: string): pg.Client;
  /** One statement as the superuser, over the socket that only we can reach; there is a reserved slot for it. */
  admin(sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
}

export async function startPostgres(options: {
  folder: string;
  port: number;
  binaries: PostgresBinaries;
  account: Account | undefined;
  processes: Processes;
  clock: Clock;
  /** Further lines of postgresql.conf. */
  more?: string;
  /** Of pages; without them where left out. */
  checksums?: boolean;
}): Promise<DemoPostgres> {
  const { folder, port, binaries, account, processes, clock } = options;
  const home = join(folder, 'db');
  const data = join(home, 'data');
  mkdirSync(home, { mode: 0o700 });
  give(home, account);
  const launch = { cwd: home, account, env: binaries.env };
  await processes.run({
    ...launch,
    name: 'initdb',
    command: join(binaries.bin, 'initdb'),
    args: ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', '--auth-local=trust', '-E', 'UTF8']
      .concat('--locale=C', '--no-sync', '--no-instructions', ...(options.checksums ? ['-k'] : []))
      // Authentication by password wants one for the superuser too; nobody can log in as it over TCP.
      .concat(`--pwfile=${passwordFile(home, account)}`),
    end: 'KILL',
  });
  appendFileSync(
    join(data, 'postgresql.conf'),
    settings(home, port, binaries.hasStatements) + (options.more ?? ''),
  );
  writeFileSync(join(data, 'pg_hba.conf'), access);
  const process = await processes.start({
    ...launch,
    name: 'postgres',
    command: join(binaries.bin, 'postgres'),
    args: ['-D', data],
    end: 'QUIT',
  });
  const passwords = { app: password(), batch: password(), upkeep: password() };
  const database = 'shop';
  const admin = (sql: string, values?: readonly unknown[], on = database) =>
    asSuperuser({ host: home, port, database: on }, sql, values);
  const isReady = async () => (await admin('select 1', [], 'postgres')).length === 1;
  await until(clock, 'the start of PostgreSQL', 30_000, isReady, { hasFailed: process.failure });
  await prepare(admin, passwords, binaries.hasStatements);
  return {
    process,
    port,
    from: binaries.from,
    database,
    passwords,
    url: (role) => `postgres://${role}:${passwords[role]}@127.0.0.1:${port}/${database}`,
    client: (role, applicationName) => newClient(port, database, role, passwords[role], applicationName),
    admin,
  };
}

function newClient(port: number, database: string, user: Role, secret: string, application: string) {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    database,
    user,
    password: secret,
    application_name: application,
    connectionTimeoutMillis: 5_000,
  });
  // A session that the server ends (Upkeep terminates it, say) reports so here.
  client.on('error', () => {});
  return client;
}

async function asSuperuser(
  at: { host: string; port: number; database: string },
  sql: string,
  values: readonly unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ ...at, user: 'postgres', application_name: 'upkeep-demo' });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql, [...values]);
    return rows;
  } finally {
    await client.end();
  }
}

type Admin = (sql: string, values?: readonly unknown[], on?: string) => Promise<unknown>;

async function prepare(
  admin: Admin,
  passwords: Readonly<Record<Role, string>>,
  hasStatements: boolean,
): Promise<void> {
  for (const role of roles) {
    await admin(`create role ${role} login password '${passwords[role]}'`, [], 'postgres');
  }
  await admin('grant pg_monitor, pg_signal_backend to upkeep', [], 'postgres');
  await admin("alter role app set statement_timeout = '10s'", [], 'postgres');
  await admin('create database shop', [], 'postgres');
  await admin('grant select on pg_file_settings, pg_hba_file_rules to upkeep');
  await admin('grant execute on function pg_show_all_file_settings(), pg_hba_file_rules() to upkeep');
  await admin(
    'create table orders (id integer primary key, customer text not null, item text not null, quantity integer not null)',
  );
  await admin(
    `insert into orders select n, 'customer ' || n % 700, 'item ' || n % 90, 1 + n % 5
       from generate_series(1, ${orderCount}) n`,
  );
  await admin('grant select, insert, update, delete on orders to app, batch');
  await admin('analyze orders');
  if (hasStatements) await admin('create extension pg_stat_statements');
}

function passwordFile(home: string, account: Account | undefined): string {
  const path = join(home, 'superuser');
  writeFileSync(path, `${password()}\n`, { mode: 0o600 });
  give(path, account);
  return path;
}

/** Nothing here must survive a crash, so it is fast rather than durable. */
function settings(home: string, port: number, hasStatements: boolean): string {
  return `
listen_addresses = '127.0.0.1'
port = ${port}
unix_socket_directories = '${home}'
max_connections = ${maxConnections}
superuser_reserved_connections = ${reservedConnections}
shared_buffers = 16MB
max_wal_size = 128MB
synchronous_commit = off
jit = off
log_lock_waits = on
${hasStatements ? "shared_preload_libraries = 'pg_stat_statements'\ntrack_io_timing = on" : ''}
`;
}

const access = `
local all postgres trust
host all app,batch,upkeep 127.0.0.1/32 scram-sha-256
`;
