/** A real MariaDB in a temporary folder, on a free port of 127.0.0.1, with `root` and no password over TCP. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { freePort } from './free-port.ts';
import { type Binary, required } from './installed.ts';
import { type Identity, removeFolder, startServer, temporaryFolder } from './process.ts';

const run = promisify(execFile);

export const mariadbServer: Binary = { name: 'mariadbd', apt: 'mariadb-server' };
const installDb: Binary = { name: 'mariadb-install-db', apt: 'mariadb-server' };

export interface MariadbOptions {
  /** Options of mariadbd: `{ max_connections: 10, performance_schema: 'ON' }` */
  readonly settings?: Readonly<Record<string, string | number>>;
  readonly port?: number;
  /** Statements run once, in order, after the start. */
  readonly setup?: readonly string[];
}

export interface MariadbServer {
  /** For `root`; the database is `shop`. */
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  readonly pid: number;
  output(): string;
  urlFor(user: string, password?: string): string;
  /** A session that the test ends. */
  login(user?: string): Promise<Connection>;
  /** One statement as root in a session of its own. */
  query(text: string): Promise<RowDataPacket[]>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Small and quick to start; tests stop servers hard, but never cut the power. */
const small = {
  innodb_buffer_pool_size: '16M',
  innodb_log_file_size: '8M',
  innodb_flush_log_at_trx_commit: 2,
  innodb_flush_method: 'fsync',
  innodb_fast_shutdown: 2,
  key_buffer_size: '1M',
  aria_pagecache_buffer_size: '1M',
  table_open_cache: 200,
  performance_schema: 'OFF',
};

export async function startMariadb(options: MariadbOptions = {}): Promise<MariadbServer> {
  const as = process.getuid?.() === 0 ? identityOf('mysql') : undefined;
  const folder = temporaryFolder('mariadb', as);
  const port = options.port ?? (await freePort());
  const data = join(folder, 'data');
  mkdirSync(data);
  const account = as === undefined ? [] : ['--user=mysql'];
  try {
    await run(required(installDb), [
      '--no-defaults',
      `--datadir=${data}`,
      // A server that starts removes every `#sql…` in its tmpdir, also those of another that is at work there.
      `--tmpdir=${folder}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      '--innodb-log-file-size=8M',
      ...account,
    ]);
    const settings: Record<string, string | number> = { ...small, tmpdir: folder, ...options.settings };
    const server = await startServer({
      command: required(mariadbServer),
      args: [
        '--no-defaults',
        `--datadir=${data}`,
        `--socket=${join(folder, 's')}`,
        `--port=${port}`,
        '--bind-address=127.0.0.1',
        ...account,
        ...Object.entries(settings).map(([name, value]) => `--${name.replaceAll('_', '-')}=${value}`),
      ],
      folder,
      ready: /ready for connections/,
    });
    const urlFor = (user: string, password = '') =>
      `mysql://${user}${password === '' ? '' : `:${encodeURIComponent(password)}`}@127.0.0.1:${port}/shop`;
    const login = (user = 'root') =>
      createConnection({ host: '127.0.0.1', port, user, database: 'shop', multipleStatements: false });
    const query = (text: string) => ask(port, text);
    try {
      for (const statement of ['CREATE DATABASE shop', ...(options.setup ?? [])]) await query(statement);
    } catch (error) {
      await server.stop('SIGKILL');
      throw error;
    }
    return {
      url: urlFor('root'),
      port,
      folder,
      pid: server.pid,
      output: () => server.output(),
      urlFor,
      login,
      query,
      async stop(signal) {
        await server.stop(signal);
        removeFolder(folder);
      },
    };
  } catch (error) {
    removeFolder(folder);
    throw error;
  }
}

async function ask(port: number, text: string): Promise<RowDataPacket[]> {
  const client = await createConnection({ host: '127.0.0.1', port, user: 'root' });
  if (!text.startsWith('CREATE DATABASE')) await client.query('USE shop');
  try {
    const [rows] = await client.query<RowDataPacket[]>(text);
    return Array.isArray(rows) ? rows : [];
  } finally {
    await client.end();
  }
}

function identityOf(user: string): Identity {
  const idOf = (flag: string) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}
