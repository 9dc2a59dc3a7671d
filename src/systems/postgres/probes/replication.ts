import type { Reading } from '../../../core/sample.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import { observe, type PostgresConnection, type Seen } from '../client.ts';
import type { Query } from '../session.ts';
import { hiddenFrom, type Visibility, visibility } from '../visibility.ts';

interface StandbyRow {
  readonly standby: string;
  readonly streaming: boolean;
  readonly replayed: number | null;
  readonly lag_bytes: number | null;
  readonly lag_seconds: number | null;
}

const lagMetrics = [
  'postgres.replication.lag_bytes',
  'postgres.replication.lag',
  'postgres.replication.stalled_bytes',
  'postgres.replication.missing',
  'postgres.replication.connected',
] as const;

export const replication: Probe<PostgresConnection> = {
  id: 'postgres.replication',
  summary: 'Standbys of a primary, or how far a standby is behind',
  metrics: {
    'postgres.replication.standbys': {
      summary: 'Standbys streaming from this primary',
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.replication.missing': {
      summary: 'Standbys declared (`standbys:`) but not streaming',
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.replication.lag_bytes': { summary: 'WAL not yet replayed', unit: 'bytes', kind: 'gauge' },
    'postgres.replication.stalled_bytes': {
      summary: 'WAL not yet replayed while nothing was replayed since the last run; else 0',
      unit: 'bytes',
      kind: 'gauge',
    },
    'postgres.replication.lag': {
      summary: 'Age of the last replayed commit; 0 when nothing is outstanding',
      unit: 'seconds',
      kind: 'gauge',
    },
    'postgres.replication.connected': {
      summary: 'On a standby with an upstream: 1 while its WAL receiver streams',
      unit: 'state',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (query) => {
      const who = await visibility(query);
      const [row] = await query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
      return row?.standby ? ofStandby(query, who) : ofPrimary(query, who, ctx, conn.config.standbys);
    }),
};

async function ofPrimary(
  query: Query,
  who: Visibility,
  ctx: ProbeContext,
  declared: number | undefined,
): Promise<Seen> {
  const rows = await query<StandbyRow>(
    // A base backup is a walsender too, and no standby.
    `SELECT coalesce(nullif(application_name, ''), 'unnamed') || coalesce('@' || host(client_addr), '') AS standby,
            coalesce(state = 'streaming', false) AS streaming,
            pg_wal_lsn_diff(replay_lsn, '0/0')::float8 AS replayed,
            greatest(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn), 0)::float8 AS lag_bytes,
            extract(epoch FROM replay_lag)::float8 AS lag_seconds
       FROM pg_stat_replication WHERE state IS DISTINCT FROM 'backup' ORDER BY pid LIMIT 20`,
  );
  if (!who.seesAll) {
    const missing = rows.length > 0 || declared !== undefined ? hiddenFrom(who, lagMetrics) : [];
    return { readings: [], missing };
  }
  const streaming = rows.filter((row) => row.streaming).length;
  const readings: Reading[] = [{ metric: 'postgres.replication.standbys', value: streaming }];
  if (declared !== undefined) {
    readings.push({ metric: 'postgres.replication.missing', value: Math.max(0, declared - streaming) });
  }
  return { readings: [...readings, ...rows.flatMap((row) => readingsOfStandby(row, ctx))] };
}

function readingsOfStandby(row: StandbyRow, ctx: ProbeContext): Reading[] {
  if (row.replayed === null || row.lag_bytes === null) return [];
  const labels = { standby: row.standby };
  // A burst of writes makes many bytes outstanding; only a standby that replays none of them is stuck.
  const progress = ctx.increase(`replayed ${row.standby}`, row.replayed);
  const stalled = progress === 0 ? row.lag_bytes : 0;
  const readings: Reading[] = [
    { metric: 'postgres.replication.lag_bytes', value: row.lag_bytes, labels },
    { metric: 'postgres.replication.stalled_bytes', value: stalled, labels },
  ];
  if (row.lag_bytes === 0) readings.push({ metric: 'postgres.replication.lag', value: 0, labels });
  else if (row.lag_seconds !== null) {
    readings.push({ metric: 'postgres.replication.lag', value: row.lag_seconds, labels });
  }
  return readings;
}

async function ofStandby(query: Query, who: Visibility): Promise<Seen> {
  const [row] = await query<{
    upstream: boolean | null;
    streaming: boolean;
    idle: boolean;
    age: number | null;
  }>(
    `SELECT (SELECT setting <> '' FROM pg_settings WHERE name = 'primary_conninfo') AS upstream,
            EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming') AS streaming,
            coalesce(pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn(), false) AS idle,
            extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 AS age`,
  );
  if (!who.seesAll || row === undefined || row.upstream === null) {
    return { readings: [], missing: hiddenFrom({ ...who, seesAll: false }, lagMetrics) };
  }
  const readings: Reading[] = [];
  if (row.upstream) readings.push({ metric: 'postgres.replication.connected', value: row.streaming ? 1 : 0 });
  // Received equals replayed also when nothing arrives any more, so that alone is no proof of being current.
  if (row.streaming && row.idle) readings.push({ metric: 'postgres.replication.lag', value: 0 });
  else if (row.age !== null)
    readings.push({ metric: 'postgres.replication.lag', value: Math.max(row.age, 0) });
  return { readings };
}
