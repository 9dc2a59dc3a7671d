import type { Db } from './session.ts';

/** One channel that this server replicates by. */
export interface Channel {
  /** Connection name or channel; `default` for the unnamed one. */
  readonly channel: string;
  /** `host:port` of its source. */
  readonly source: string;
  readonly io: string;
  readonly sql: string;
  readonly ioErrno: number;
  readonly ioError: string;
  readonly sqlErrno: number;
  readonly sqlError: string;
  /** Null while a thread is stopped. */
  readonly lagSeconds: number | null;
  /** What it lags on purpose. */
  readonly delaySeconds: number;
  readonly relayLog: string;
  readonly position: string;
}

export function replicaStatusSql(db: Pick<Db, 'version'>): string {
  if (db.version.isMariaDb) return 'SHOW ALL SLAVES STATUS';
  return db.version.atLeast(8, 0, 22) ? 'SHOW REPLICA STATUS' : 'SHOW SLAVE STATUS';
}

type Answer = Readonly<Record<string, string | number | null>>;

/** None on a server that is no replica. Needs the privilege to see replication. */
export async function readChannels(db: Db): Promise<Channel[]> {
  const rows = await db.query<Answer>(replicaStatusSql(db));
  return rows.map(channelOf).filter(({ source }) => source !== ':0' && source !== ':');
}

/** MySQL 8.0.22 renamed the columns: Slave became Replica, Master became Source. */
function channelOf(row: Answer): Channel {
  const value = (...names: readonly string[]) =>
    names.map((name) => row[name]).find((one) => one !== undefined) ?? null;
  const text = (...names: readonly string[]) => String(value(...names) ?? '');
  const number = (...names: readonly string[]) => Number(value(...names) ?? 0);
  const lag = value('Seconds_Behind_Source', 'Seconds_Behind_Master');
  return {
    channel: text('Connection_name', 'Channel_Name') || 'default',
    source: `${text('Source_Host', 'Master_Host')}:${text('Source_Port', 'Master_Port')}`,
    io: text('Replica_IO_Running', 'Slave_IO_Running'),
    sql: text('Replica_SQL_Running', 'Slave_SQL_Running'),
    ioErrno: number('Last_IO_Errno'),
    ioError: text('Last_IO_Error'),
    sqlErrno: number('Last_SQL_Errno'),
    sqlError: text('Last_SQL_Error'),
    lagSeconds: lag === null ? null : Number(lag),
    delaySeconds: number('SQL_Delay'),
    relayLog: text('Relay_Source_Log_File', 'Relay_Master_Log_File'),
    position: text('Exec_Source_Log_Pos', 'Exec_Master_Log_Pos'),
  };
}

/** `Connecting` is neither: it reads nothing, yet nobody stopped it. */
export function isRunning(thread: string): boolean {
  return thread === 'Yes';
}
