/** A real PostgreSQL cluster in a temporary folder, on a free port of 127.0.0.1 and a socket in that folder. */
import { execFile, execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { root } from '../suites.ts';
import { freePort } from './free-port.ts';
import { type Binary, required } from './installed.ts';
import { type Identity, type RunningServer, removeFolder, startServer, temporaryFolder } from './process.ts';

const run = promisify(execFile);

/** Debian keeps the binaries out of PATH, one folder for each major version; read anew, since a run may install them. */
export const postgresServer: Binary = binary('postgres');
const initdb: Binary = binary('initdb');

/** The extension HypoPG for the server that `postgresServer` is; null while there is none. */
export function hypopg(): Binary | null {
  const [version] = majorVersions();
  if (version === undefined) return null;
  const folders = [`/usr/share/postgresql/${version}/extension`];
  return { name: 'hypopg.control', apt: `postgresql-${version}-hypopg`, folders, isData: true };
}

export interface PostgresOptions {
  /** `postgresql.conf` settings: `{ max_connections: 10, shared_preload_libraries: 'pg_stat_statements' }` */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** More words of its command line: `['-c', 'max_connections=20']`. */
  readonly args?: readonly string[];
  /** Sets scram-sha-256 for TCP and this password for `postgres`; everybody is trusted otherwise. */
  readonly password?: string;
  readonly port?: number;
  /** Pages have checksums. */
  readonly checksums?: boolean;
  /** Statements run once, in order, after the start. */
  readonly setup?: readonly string[];
}

export interface PostgresServer {
  /** For the superuser `postgres` and the database `postgres`. */
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  readonly socketFolder: string;
  readonly pid: number;
  output(): string;
  /** One statement in a session of its own, over the socket as `postgres`. */
  query(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** Creates an empty database; gives its URL. */
  createDatabase(name: string): Promise<string>;
  /** SIGINT is the fast stop, SIGQUIT the immediate one; the folder goes with it. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Ends the server as `stop` does and starts it again on the same data and port. */
  restart(signal?: NodeJS.Signals): Promise<void>;
  /** Ends it at once and keeps its data, for `revive`. */
  crash(): Promise<void>;
  revive(): Promise<void>;
}

export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const as = process.getuid?.() === 0 ? identityOf('postgres') : undefined;
  const folder = temporaryFolder('postgres', as);
  const port = options.port ?? (await freePort());
  try {
    await initialise(folder, as, options, port);
    let server = await launch(folder, as, options.args);
    await accepting(folder, port);
    const urlOf = (database: string) => {
      const secret = options.password === undefined ? '' : `:${encodeURIComponent(options.password)}`;
      return `postgres://postgres${secret}@127.0.0.1:${port}/${database}`;
    };
    const query: PostgresServer['query'] = (text, values) => ask(folder, port, text, values);
    const postgres: PostgresServer = {
      url: urlOf('postgres'),
      port,
      folder,
      socketFolder: folder,
      get pid() {
        return server.pid;
      },
      output: () => server.output(),
      query,
      async createDatabase(name) {
        await query(`create database ${pg.escapeIdentifier(name)}`);
        return urlOf(name);
      },
      async stop(signal = 'SIGINT') {
        await server.stop(signal);
        removeFolder(folder);
      },
      async restart(signal = 'SIGINT') {
        await server.stop(signal);
        server = await launch(folder, as, options.args);
        await accepting(folder, port);
      },
      crash: () => server.stop('SIGQUIT'),
      async revive() {
        server = await launch(folder, as, options.args);
        await accepting(folder, port);
      },
    };
    for (const statement of options.setup ?? []) await query(statement);
    return postgres;
  } catch (error) {
    removeFolder(folder);
    throw error;
  }
}

async function initialise(
  folder: string,
  as: Identity | undefined,
  options: PostgresOptions,
  port: number,
): Promise<void> {
  const data = join(folder, 'data');
  cpSync(await freshCluster(as, options.checksums ?? false), data, { recursive: true });
  if (as) await run('chown', ['-R', `${as.uid}:${as.gid}`, data]);
  chmodSync(data, 0o700);
  // Tests stop servers hard on purpose, but never cut the power: fsync would only slow them down.
  const settings: Record<string, string | number> = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    fsync: 'off',
    shared_buffers: '16MB',
    max_connections: 60,
    logging_collector: 'off',
    ...options.settings,
  };
  const lines = Object.entries(settings).map(
    ([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'`,
  );
  appendFileSync(join(data, 'postgresql.conf'), `\n${lines.join('\n')}\n`);
  if (options.password !== undefined) {
    const rules = ['local all all trust', 'host all all 127.0.0.1/32 scram-sha-256'];
    writeFileSync(join(data, 'pg_hba.conf'), `${rules.join('\n')}\n`);
    await setPassword(folder, as, port, options.password);
  }
}

/** Made once and copied: initdb costs more than most tests that need a server. */
async function freshCluster(as: Identity | undefined, checksums: boolean): Promise<string> {
  const program = required(initdb);
  const { stdout } = await run(program, ['--version']);
  const version = /\d[\w.]*/.exec(stdout)?.[0] ?? 'unknown';
  const home = join(
    root,
    'node_modules/.cache/upkeep-postgres',
    `${version}${checksums ? '-checksums' : ''}`,
  );
  if (existsSync(home)) return home;
  const folder = temporaryFolder('initdb', as);
  const data = join(folder, 'data');
  const words = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  await run(program, [...words, ...(checksums ? ['-k'] : [])], { cwd: folder, ...as });
  const own = `${home}.${process.pid}`;
  cpSync(data, own, { recursive: true });
  removeFolder(folder);
  try {
    renameSync(own, home);
  } catch {
    // Another process was first.
    rmSync(own, { recursive: true, force: true });
  }
  return home;
}

async function setPassword(folder: string, as: Identity | undefined, port: number, password: string) {
  const server = await launch(folder, as);
  await ask(folder, port, `alter role postgres password ${pg.escapeLiteral(password)}`);
  await server.stop('SIGINT');
}

function launch(
  folder: string,
  as: Identity | undefined,
  args: readonly string[] = [],
): Promise<RunningServer> {
  return startServer({
    command: required(postgresServer),
    args: ['-D', join(folder, 'data'), ...args],
    folder,
    // With logging_collector the rest of its output goes to a file.
    ready: /database system is ready to accept connections|Future log output will appear/,
    ...(as === undefined ? {} : { as }),
  });
}

async function accepting(folder: string, port: number): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      await ask(folder, port, 'select 1');
      return;
    } catch (error) {
      // Where the output told that it is ready, it is; where it went to a file, the socket appears a moment later.
      if (tries >= 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function ask(host: string, port: number, text: string, values?: readonly unknown[]) {
  const client = new pg.Client({ host, port, user: 'postgres', database: 'postgres' });
  await client.connect();
  try {
    const answer = await client.query<Record<string, unknown>>(text, values === undefined ? [] : [...values]);
    return answer.rows;
  } finally {
    await client.end();
  }
}

function identityOf(user: string): Identity {
  const idOf = (flag: string) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

function binary(name: string): Binary {
  return {
    name,
    apt: 'postgresql',
    get folders() {
      return majorVersions().map((version) => `/usr/lib/postgresql/${version}/bin`);
    },
  };
}

/** The newest first. */
function majorVersions(): string[] {
  try {
    return readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a));
  } catch {
    return [];
  }
}
