/** What must be known of a server to copy its data folder. */
import type { Client } from 'pg';
import type { EngineContext } from '../../../core/backup/engine.ts';
import { clientConfig, type PostgresConnection } from '../client.ts';
import type { ArchiveSettings } from './archiving.ts';
import { contentSettings } from './content.ts';

export interface ServerFacts extends ArchiveSettings {
  readonly version: string;
  readonly major: number;
  readonly isStandby: boolean;
  readonly data: string;
  readonly socket: string;
  readonly port: number;
  readonly segmentBytes: number;
  readonly hasChecksums: boolean;
  readonly database: string;
  /** Name of the role that the cluster was made with; it can log in to what is restored. */
  readonly superuser: string;
  /** File of the log that the archiver said it was done with last; null where none. */
  readonly archived: string | null;
}

const statement = `
  SELECT current_setting('server_version') AS version,
    current_setting('server_version_num')::int / 10000 AS major,
    pg_is_in_recovery() AS "isStandby",
    current_setting('data_directory') AS data,
    split_part(current_setting('unix_socket_directories'), ',', 1) AS socket,
    current_setting('port')::int AS port,
    (SELECT setting::int FROM pg_settings WHERE name = 'wal_segment_size') AS "segmentBytes",
    current_setting('data_checksums') = 'on' AS "hasChecksums",
    current_database() AS database,
    (SELECT rolname FROM pg_roles WHERE oid = 10) AS superuser,
    current_setting('wal_level') AS "walLevel",
    current_setting('archive_mode') AS "archiveMode",
    current_setting('archive_command') AS "archiveCommand",
    coalesce(current_setting('archive_library', true), '') AS "archiveLibrary",
    (SELECT setting::int FROM pg_settings WHERE name = 'archive_timeout') AS "archiveTimeoutSeconds",
    (SELECT last_archived_wal FROM pg_stat_archiver) AS archived`;

export async function readServer(client: Pick<Client, 'query'>): Promise<ServerFacts> {
  const { rows } = await client.query<ServerFacts>(statement);
  const [facts] = rows;
  if (facts === undefined) throw new Error('the server says nothing of itself');
  return facts;
}

/** Ours for as long as a backup takes; it never writes. */
const settings: Readonly<Record<string, string>> = {
  ...contentSettings,
  statement_timeout: '0',
  lock_timeout: '10s',
  idle_in_transaction_session_timeout: '0',
  default_transaction_read_only: 'on',
};

/** A session of its own; it is cut off when `signal` aborts. */
export async function withReader<T>(
  conn: PostgresConnection,
  signal: EngineContext['signal'],
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const { Client: Driver } = await import('pg').then(({ default: pg }) => pg);
  const client = new Driver(clientConfig(conn.config, settings));
  // A server that goes away says so in the query that is under way.
  client.on('error', () => {});
  const cancel = () => void client.end().catch(() => {});
  signal.addEventListener('abort', cancel, { once: true });
  try {
    await client.connect();
    return await work(client);
  } finally {
    signal.removeEventListener('abort', cancel);
    await client.end().catch(() => {});
  }
}
