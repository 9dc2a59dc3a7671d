import { type Privileges, privilegesAtLogin } from '../../protocols/mysql/grants.ts';
import { type Query, Session as WireSession } from '../../protocols/mysql/session.ts';
import { readVersion, type Version } from './version.ts';

export type { Query } from '../../protocols/mysql/session.ts';

export interface Db {
  readonly query: Query;
  readonly version: Version;
  /** Of this session on the server. */
  readonly thread: number;
  /**
   * Global privileges, as they were at login: later grants count from the next login, on the server too. Where one of
   * them lacks, the session logs in anew as soon as something was granted.
   */
  privileges(): Promise<Privileges>;
  /** Whether another login would be allowed more of what was asked for. */
  isOutdated(): Promise<boolean>;
}

export type Session = WireSession<Db>;

export function openSession(
  options: ConstructorParameters<typeof WireSession>[0],
  place: ConstructorParameters<typeof WireSession>[1],
): Session {
  return new WireSession(options, place, greet, (db) => db.isOutdated());
}

async function greet(query: Query, thread: number): Promise<Db> {
  const [row] = await query<{ version: string }>('SELECT VERSION() AS version');
  // Half of what is asked of MySQL fails there, and what does not would mislead.
  if (/tidb/i.test(row?.version ?? ''))
    throw new Error(`this server is TiDB (${row?.version}): watch it with the system tidb`);
  const version = readVersion(row?.version ?? '');
  for (const setting of settingsOf(version)) await query(setting);
  // Read at once, for a grant of later does not count here; whoever asks hears of a failure.
  const granted = privilegesAtLogin(query);
  granted.catch(() => {});
  return {
    query,
    version,
    thread,
    privileges: async () => (await granted).at,
    isOutdated: () =>
      granted.then(
        (one) => one.isOutdated(),
        () => false,
      ),
  };
}

/** They bound our cost; they are no protection, which is the account's few rights. */
function settingsOf(version: Version): string[] {
  const limit = version.isMariaDb ? 'max_statement_time = 10' : 'max_execution_time = 10000';
  return [
    `SET SESSION ${limit}, lock_wait_timeout = 1, innodb_lock_wait_timeout = 1, autocommit = 1`,
    'SET SESSION TRANSACTION READ ONLY',
  ];
}
