import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { numberOfError } from '../../../protocols/mysql/failure.ts';
import { quoteAccount } from '../../../protocols/mysql/grants.ts';
import { type MysqlConnection, observe } from '../client.ts';
import { hiddenFor } from '../privileges.ts';
import { type Channel, isRunning, readChannels } from '../replica-status.ts';
import type { Db } from '../session.ts';
import { isDumpToReplica, readSessions } from '../sessions.ts';
import { readVariables } from '../status.ts';

const ofReplica = [
  'mysql.replication.io_running',
  'mysql.replication.sql_running',
  'mysql.replication.lag',
  'mysql.read_only_primary',
] as const;
const ofPrimary = ['mysql.replication.replicas', 'mysql.replication.missing'] as const;

export const replication: Probe<MysqlConnection> = {
  id: 'mysql.replication',
  summary: 'Whether both threads of a replica run, how far it is behind, and how many replicas a primary has',
  metrics: {
    'mysql.replication.io_running': {
      summary: 'On a replica: 1 while it receives from its source',
      unit: 'state',
      kind: 'gauge',
    },
    'mysql.replication.sql_running': {
      summary: 'On a replica: 1 while it applies what it received',
      unit: 'state',
      kind: 'gauge',
    },
    'mysql.replication.lag': {
      summary: 'Seconds behind the source, less the declared delay; unknown while a thread is stopped',
      unit: 'seconds',
      kind: 'gauge',
    },
    'mysql.read_only_primary': {
      summary: '1 while it takes no writes (read_only) although it replicates from nobody',
      unit: 'state',
      kind: 'gauge',
    },
    'mysql.replication.replicas': {
      summary: 'Replicas that read from this server',
      unit: 'count',
      kind: 'gauge',
    },
    'mysql.replication.missing': {
      summary: 'Replicas declared (`replicas:`) that do not read',
      unit: 'count',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (db) => {
      const hidden = await hiddenFor(db, 'replication', ofReplica);
      const channels = hidden.length > 0 ? [] : await readChannels(db);
      const isReadOnly = hidden.length === 0 && (await readVariables(db, 'read_only')).isOn('read_only');
      const primary = await readPrimary(db, conn.config.replicas);
      const beat = await readHeartbeat(db, conn.config.heartbeat);
      const [broken] = channels.filter((one) => !isRunning(one.io) || !isRunning(one.sql));
      return {
        ...(broken ? { detail: wordsOf(broken) } : {}),
        readings: [
          ...(hidden.length > 0
            ? []
            : [{ metric: 'mysql.read_only_primary', value: isReadOnly && channels.length === 0 ? 1 : 0 }]),
          ...channels.flatMap((one) => readingsOf(one, beat.seconds)),
          ...primary.readings,
        ],
        missing: [...hidden, ...primary.missing, ...beat.missing],
      };
    }),
};

function wordsOf({ channel, source, ioErrno, ioError, sqlErrno, sqlError, io, sql }: Channel): string {
  const error = sqlErrno > 0 ? `${sqlErrno} ${sqlError}` : `${ioErrno} ${ioError}`;
  return `${channel} from ${source}: IO ${io}, SQL ${sql}${ioErrno + sqlErrno > 0 ? `: ${error.slice(0, 200)}` : ''}`;
}

function readingsOf(one: Channel, heartbeat: number | undefined): Reading[] {
  const labels = { channel: one.channel };
  const isWhole = isRunning(one.io) && isRunning(one.sql);
  // The server says 0 or NULL while a thread is stopped, which is not being current.
  const lag = heartbeat ?? (isWhole ? one.lagSeconds : null);
  return [
    // A source that is away shows as Connecting; the rule waits a while before it says so.
    { metric: 'mysql.replication.io_running', value: isRunning(one.io) ? 1 : 0, labels },
    { metric: 'mysql.replication.sql_running', value: isRunning(one.sql) ? 1 : 0, labels },
    ...(lag === null
      ? []
      : [{ metric: 'mysql.replication.lag', value: Math.max(0, lag - one.delaySeconds), labels }]),
  ];
}

async function readPrimary(
  db: Db,
  declared: number | undefined,
): Promise<{ readings: Reading[]; missing: Missing[] }> {
  const missing = await hiddenFor(db, 'sessions', declared === undefined ? [ofPrimary[0]] : ofPrimary);
  if (missing.length > 0) return { readings: [], missing };
  const reading = (await readSessions(db)).filter(isDumpToReplica).length;
  const readings: Reading[] = [{ metric: 'mysql.replication.replicas', value: reading }];
  if (declared !== undefined) {
    readings.push({ metric: 'mysql.replication.missing', value: Math.max(0, declared - reading) });
  }
  return { readings, missing };
}

/** Age of the newest row that pt-heartbeat wrote on the source (percona-toolkit; its column ts). */
async function readHeartbeat(
  db: Db,
  table: string | undefined,
): Promise<{ seconds?: number; missing: Missing[] }> {
  if (table === undefined) return { missing: [] };
  const name = table
    .split('.')
    .map((part) => `\`${part}\``)
    .join('.');
  try {
    const [row] = await db.query<{ seconds: number | null }>(
      `SELECT TIMESTAMPDIFF(MICROSECOND, MAX(ts), UTC_TIMESTAMP(6)) / 1000000 AS seconds FROM ${name}`,
    );
    return row?.seconds === null || row === undefined
      ? { missing: [] }
      : { seconds: row.seconds, missing: [] };
  } catch (error) {
    if (![1142, 1146].includes(numberOfError(error) ?? 0)) throw error;
    const { account } = await db.privileges();
    return {
      missing: [
        {
          metrics: ['mysql.replication.lag'],
          reason: `the heartbeat table ${table} cannot be read`,
          remedy: `GRANT SELECT ON ${name} TO ${quoteAccount(account)}; (pt-heartbeat --utc writes it)`,
        },
      ],
    };
  }
}
