/** How we log in for a backup: a session of our own, and the same for programs. */
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { optionsOf, placeOf } from '../../../protocols/mysql/login.ts';
import type { MysqlConfig } from '../config.ts';

export interface BackupSession {
  query<Row extends object>(text: string, values?: readonly string[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** What a dump may take: no limit of time for a statement, a short one for a lock. Rows as text must not depend on who asks. */
const settings = (isMariaDb: boolean) => [
  `SET SESSION lock_wait_timeout = 10, ${isMariaDb ? 'max_statement_time = 0' : 'max_execution_time = 0'}`,
  "SET SESSION time_zone = '+00:00', net_write_timeout = 3600, net_read_timeout = 3600",
  'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
];

/** Ends when `signal` aborts. */
export async function openBackupSession(config: MysqlConfig, signal: AbortSignal): Promise<BackupSession> {
  const url = new URL(config.url);
  const { host, port, socketPath } = placeOf(url, 3306);
  const { createConnection } = await import('mysql2/promise');
  const connection = await createConnection({
    ...optionsOf(url, { host, port }),
    ...(socketPath === undefined ? { port } : { socketPath }),
    charset: 'utf8mb4_bin',
    connectTimeout: 10_000,
  });
  return sessionOf(connection, signal);
}

/** As the scratch server's root, on its socket. */
export async function openSocketSession(
  socketPath: string,
  database: string | undefined,
  signal: AbortSignal,
): Promise<BackupSession> {
  const { createConnection } = await import('mysql2/promise');
  const connection = await createConnection({
    ...{ socketPath, user: 'root', charset: 'utf8mb4_bin', dateStrings: true, supportBigNumbers: true },
    ...(database === undefined ? {} : { database }),
  });
  return sessionOf(connection, signal);
}

async function sessionOf(connection: Connection, signal: AbortSignal): Promise<BackupSession> {
  connection.on('error', () => {});
  const drop = () => connection.destroy();
  signal.addEventListener('abort', drop, { once: true });
  const session: BackupSession = {
    async query<Row extends object>(text: string, values: readonly string[] = []) {
      signal.throwIfAborted();
      try {
        const [rows] = await connection.query<(Row & RowDataPacket)[]>(text, [...values]);
        return Array.isArray(rows) ? rows : [];
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      }
    },
    async close() {
      signal.removeEventListener('abort', drop);
      await connection.end().catch(() => connection.destroy());
    },
  };
  try {
    const [row] = await session.query<{ version: string }>('SELECT VERSION() AS version');
    for (const setting of settings(/mariadb/i.test(row?.version ?? ''))) await session.query(setting);
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

export interface ProgramLogin {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The password goes by the environment, which only we and root can read; no file of the account's is read. */
export function programLogin(config: MysqlConfig, isMariaDb: boolean): ProgramLogin {
  const url = new URL(config.url);
  const { host, port, socketPath } = placeOf(url, 3306);
  const password = decodeURIComponent(url.password);
  return {
    args: [
      '--no-defaults',
      ...(socketPath === undefined
        ? ['--protocol=tcp', `--host=${host}`, `--port=${port}`]
        : ['--protocol=socket', `--socket=${socketPath}`]),
      `--user=${decodeURIComponent(url.username)}`,
      ...tlsArgs(url, isMariaDb),
    ],
    env: password === '' ? {} : { MYSQL_PWD: password },
  };
}

function tlsArgs(url: URL, isMariaDb: boolean): string[] {
  const given = url.searchParams.get('ssl-mode') ?? url.searchParams.get('sslmode') ?? 'DISABLED';
  const mode = given.toUpperCase().replaceAll('-', '_');
  const ca = url.searchParams.get('ssl-ca');
  const authority = ca === null ? [] : [`--ssl-ca=${ca}`];
  const isPlain = /^(DISABLED?|PREFER(RED)?)$/.test(mode);
  const isIdentity = mode === 'VERIFY_IDENTITY' || mode === 'VERIFY_FULL';
  if (!isMariaDb) {
    const known = isPlain ? 'DISABLED' : isIdentity ? 'VERIFY_IDENTITY' : mode;
    return [`--ssl-mode=${known}`, ...authority];
  }
  if (isPlain) return ['--skip-ssl'];
  return ['--ssl', isIdentity ? '--ssl-verify-server-cert' : '--skip-ssl-verify-server-cert', ...authority];
}
