import type { Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';
import { listed, told } from '../in-words.ts';
import type { Query } from '../session.ts';
import { hiddenFrom, visibility } from '../visibility.ts';

/** Rows from which a table without autovacuum is worth a word; staging tables are often small or short-lived. */
const fewestRows = 10_000;

export const autovacuum: Probe<PostgresConnection> = {
  id: 'postgres.autovacuum',
  summary: 'Whether autovacuum has workers left, and tables it was told to leave alone',
  atMostEveryMs: 30_000,
  metrics: {
    'postgres.autovacuum.workers': { summary: 'Autovacuum workers at work', unit: 'count', kind: 'gauge' },
    'postgres.autovacuum.busy_ratio': {
      summary: 'Workers at work ÷ autovacuum_max_workers',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'postgres.autovacuum.excluded_tables': {
      summary: `Tables of ${fewestRows} rows or more that have autovacuum_enabled = off`,
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.progress.longest': {
      summary: 'How long the longest vacuum, index build, COPY, cluster or base backup has run, by operation',
      unit: 'seconds',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (query) => {
      const who = await visibility(query);
      const off = await query<{ table: string }>(
        `SELECT format('%s.%s', n.nspname, c.relname) AS table
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE c.relkind IN ('r', 'm') AND c.relpersistence = 'p' AND c.reloptions IS NOT NULL
            AND greatest(c.reltuples, (SELECT n_live_tup + n_dead_tup FROM pg_stat_all_tables t WHERE t.relid = c.oid)) >= $1
            AND EXISTS (SELECT FROM pg_options_to_table(c.reloptions)
                         WHERE option_name = 'autovacuum_enabled' AND NOT option_value::bool)
          ORDER BY c.reltuples DESC LIMIT 100`,
        [fewestRows],
      );
      const readings = [
        told('postgres.autovacuum.excluded_tables', off.length, listed(off.map(({ table }) => table))),
      ];
      if (who.seesAll) readings.push(...(await workers(query)), ...(await progress(query)));
      const unseen = [
        'postgres.autovacuum.workers',
        'postgres.autovacuum.busy_ratio',
        'postgres.progress.longest',
      ];
      return { readings, missing: hiddenFrom(who, unseen) };
    }),
};

async function workers(query: Query): Promise<Reading[]> {
  const rows = await query<{ doing: string; most: number }>(
    `SELECT left(query, 100) AS doing, current_setting('autovacuum_max_workers')::int AS most
       FROM pg_stat_activity WHERE backend_type = 'autovacuum worker' ORDER BY xact_start`,
  );
  const most = rows[0]?.most ?? 0;
  return [
    { metric: 'postgres.autovacuum.workers', value: rows.length },
    told(
      'postgres.autovacuum.busy_ratio',
      most === 0 ? 0 : rows.length / most,
      listed(rows.map(({ doing }) => doing)),
    ),
  ];
}

/** pg_stat_progress_copy exists since PostgreSQL 14, and pg_dump copies for hours by its nature. */
async function progress(query: Query): Promise<Reading[]> {
  const [server] = await query<{ has_copy: boolean }>(
    `SELECT current_setting('server_version_num')::int >= 140000 AS has_copy`,
  );
  const rows = await query<{ operation: string; pid: number; seconds: number; on: string | null }>(
    `SELECT DISTINCT ON (operation) operation, p.pid, p.relid::regclass::text AS on,
            extract(epoch FROM clock_timestamp() - a.query_start)::float8 AS seconds
       FROM (SELECT 'vacuum' AS operation, pid, relid FROM pg_stat_progress_vacuum
             UNION ALL SELECT 'index build', pid, relid FROM pg_stat_progress_create_index
             UNION ALL SELECT 'cluster', pid, relid FROM pg_stat_progress_cluster
             UNION ALL SELECT 'base backup', pid, NULL::oid FROM pg_stat_progress_basebackup
             ${server?.has_copy ? `UNION ALL SELECT 'copy', pid, relid FROM pg_stat_progress_copy` : ''}) p
       JOIN pg_stat_activity a USING (pid)
      WHERE a.query_start IS NOT NULL AND a.application_name NOT LIKE 'pg\\_dump%'
      ORDER BY operation, seconds DESC`,
  );
  return rows.map(({ operation, pid, seconds, on }) =>
    told(
      'postgres.progress.longest',
      Math.max(0, seconds),
      `${operation} by pid ${pid}${on === null ? '' : ` on ${on}`}`,
      { operation },
    ),
  );
}
