/** A real standby of a test's primary, made by pg_basebackup. */
import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { required } from './installed.ts';
import { type PostgresServer, postgresServer } from './postgres.ts';
import { removeFolder, startServer, temporaryFolder } from './process.ts';

export const baseBackup = { ...postgresServer, name: 'pg_basebackup' };

export interface Standby {
  readonly port: number;
  query(text: string): Promise<Record<string, unknown>[]>;
  /** What it has printed. */
  output(): string;
  stop(): Promise<void>;
}

interface Incomplete {
  /** Between the copy, which holds no WAL, and the start. */
  readonly meanwhile: () => Promise<void>;
  /** It takes no sessions: what it prints once it is where the test wants it. */
  readonly ready: RegExp;
}

/** @param settings of the standby: `{ max_standby_streaming_delay: '10s' }` */
export async function startStandby(
  primary: Pick<PostgresServer, 'port'>,
  settings: Readonly<Record<string, string>> = {},
  incomplete?: Incomplete,
): Promise<Standby> {
  const idOf = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  const as = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : undefined;
  const folder = temporaryFolder('standby', as);
  const data = join(folder, 'data');
  const port = await freePort();
  const from = ['-h', '127.0.0.1', '-p', String(primary.port), '-U', 'postgres'];
  await promisify(execFile)(
    required(baseBackup),
    ['-D', data, ...from, '-R', '-X', incomplete ? 'none' : 'stream', '-c', 'fast', '--no-sync'],
    { cwd: folder, ...as },
  );
  await incomplete?.meanwhile();
  const own = Object.entries({ port: String(port), unix_socket_directories: folder, ...settings });
  const server = await startServer({
    command: required(postgresServer),
    args: ['-D', data, ...own.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    folder,
    // With logging_collector the rest of its output goes to a file.
    ready:
      incomplete?.ready ??
      /database system is ready to accept read-only connections|redirecting log output to logging collector/,
    ...(as === undefined ? {} : { as }),
  });
  return {
    port,
    output: () => server.output(),
    async query(text) {
      const client = new pg.Client({ host: folder, port, user: 'postgres', database: 'postgres' });
      await client.connect();
      try {
        return (await client.query<Record<string, unknown>>(text)).rows;
      } finally {
        await client.end();
      }
    },
    async stop() {
      await server.stop('SIGQUIT');
      removeFolder(folder);
    },
  };
}
