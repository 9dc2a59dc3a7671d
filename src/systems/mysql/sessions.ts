import type { Db } from './session.ts';

export interface Thread {
  readonly thread: number;
  readonly user: string;
  /** With the client's port, which tells two sessions of one program apart. */
  readonly host: string;
  readonly db: string | null;
  readonly command: string;
  readonly state: string | null;
  /** In this command: of a statement since it began, of a sleeper since its last one. */
  readonly seconds: number;
  readonly statement: string | null;
  /** When this command began, in UTC: `2026-01-31 09:00:00+00`; a second more or less. */
  readonly since: string;
  /** MariaDB only; never used twice while the server runs. */
  readonly queryId: number | null;
}

/** Untrusted text from the server is cut; a statement can be megabytes long. */
export const longestText = 300;

/** Moments come from whole seconds in MySQL; the finer ones of MariaDB are the same at each look, but for few. */
export function sessionsSql(isMariaDb: boolean): string {
  const age = isMariaDb ? 'GREATEST(TIME_MS, 0) * 1000 MICROSECOND' : 'GREATEST(TIME, 0) SECOND';
  return `SELECT ID AS thread, USER AS user, HOST AS host, DB AS db, COMMAND AS command, STATE AS state,
       GREATEST(${isMariaDb ? 'TIME_MS / 1000' : 'TIME'}, 0) AS seconds, LEFT(INFO, ${longestText}) AS statement,
       DATE_FORMAT(UTC_TIMESTAMP(6) - INTERVAL ${age}, '%Y-%m-%d %H:%i:%s+00') AS since,
       ${isMariaDb ? 'QUERY_ID' : 'NULL'} AS queryId
  FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() ORDER BY TIME DESC LIMIT 2000`;
}

/** Without the privilege PROCESS, those of the own account alone. */
export async function readSessions(db: Db): Promise<Thread[]> {
  const rows = await db.query<Thread>(sessionsSql(db.version.isMariaDb));
  return rows.map((row) => ({ ...row, seconds: Number(row.seconds) }));
}

const serverUsers = [
  'system user',
  'event_scheduler',
  'mariadb.sys',
  'mysql.sys',
  'mysql.session',
  'mysql.infoschema',
];
const serverCommands = /^(Binlog Dump|Daemon|Slave|Replica|Delayed insert|Group Replication|Clone)/;

/** False for threads of the server itself, of replication, and for logins that are not done. */
export function isClient({ user, command }: Pick<Thread, 'user' | 'command'>): boolean {
  return user !== 'unauthenticated user' && !serverUsers.includes(user) && !serverCommands.test(command);
}

export function isDumpToReplica({ command }: Pick<Thread, 'command'>): boolean {
  return command.startsWith('Binlog Dump');
}

/** mysqldump and mariadb-dump mark their reads so; a backup is not to be taken for a forgotten transaction. */
export function isBackup({ statement }: Pick<Thread, 'statement'>): boolean {
  return /\/\*!4000[01] SQL_NO_CACHE \*\/|^FLUSH TABLES WITH READ LOCK|^BACKUP STAGE/i.test(statement ?? '');
}

export function isOurs({ statement }: Pick<Thread, 'statement'>): boolean {
  return (statement ?? '').startsWith(ownMark);
}

/** Begins statements of ours that may run for a while. */
export const ownMark = '/* upkeep */';

/** The address without the port. */
export function hostOf(host: string): string {
  return host.replace(/:\d+$/, '');
}
