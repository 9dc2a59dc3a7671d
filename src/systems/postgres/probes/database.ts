import type { Reading } from '../../../core/sample.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';

interface Counters {
  readonly database: string;
  readonly commits: number;
  readonly rollbacks: number;
  readonly hits: number;
  readonly reads: number;
  readonly deadlocks: number;
  readonly temp_bytes: number;
  readonly sessions: number | null;
}

/** Below this many block accesses in the window the ratio says nothing; no value is reported then. */
const fewestAccesses = 10_000;

export const database: Probe<PostgresConnection> = {
  id: 'postgres.database',
  summary: 'Transactions, cache hits, deadlocks and temporary files of each database (pg_stat_database)',
  atMostEveryMs: 15_000,
  metrics: {
    'postgres.commits': {
      summary: 'Transactions committed',
      unit: 'count',
      kind: 'counter',
      isTraffic: true,
    },
    'postgres.rollbacks': { summary: 'Transactions rolled back', unit: 'count', kind: 'counter' },
    'postgres.deadlocks': { summary: 'Deadlocks found', unit: 'count', kind: 'counter' },
    'postgres.temp_bytes': { summary: 'Written to temporary files', unit: 'bytes', kind: 'counter' },
    'postgres.sessions': {
      summary: 'Sessions opened, since PostgreSQL 14',
      unit: 'count',
      kind: 'counter',
    },
    'postgres.cache_hit_ratio': {
      summary: `Share of block accesses served from shared buffers since the last run, when there were ${fewestAccesses} or more`,
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (query) => {
      const rows = await query<Counters>(
        `SELECT d.datname AS database, s.xact_commit::float8 AS commits, s.xact_rollback::float8 AS rollbacks,
                s.blks_hit::float8 AS hits, s.blks_read::float8 AS reads, s.deadlocks::float8 AS deadlocks,
                s.temp_bytes::float8 AS temp_bytes, (to_jsonb(s)->>'sessions')::float8 AS sessions
           FROM pg_stat_database s JOIN pg_database d ON d.oid = s.datid
          WHERE NOT d.datistemplate AND d.datallowconn
          ORDER BY d.datname = current_database() DESC, s.xact_commit DESC LIMIT 20`,
      );
      return { readings: rows.flatMap((row) => readingsOf(row, ctx)) };
    }),
};

function readingsOf(row: Counters, ctx: ProbeContext): Reading[] {
  const labels = { database: row.database };
  const readings: Reading[] = [
    { metric: 'postgres.commits', value: row.commits, labels },
    { metric: 'postgres.rollbacks', value: row.rollbacks, labels },
    { metric: 'postgres.deadlocks', value: row.deadlocks, labels },
    { metric: 'postgres.temp_bytes', value: row.temp_bytes, labels },
  ];
  if (row.sessions !== null) readings.push({ metric: 'postgres.sessions', value: row.sessions, labels });
  const hits = ctx.increase(`hits ${row.database}`, row.hits);
  const reads = ctx.increase(`reads ${row.database}`, row.reads);
  if (hits !== undefined && reads !== undefined && hits + reads >= fewestAccesses) {
    readings.push({ metric: 'postgres.cache_hit_ratio', value: hits / (hits + reads), labels });
  }
  return readings;
}
