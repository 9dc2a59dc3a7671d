import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';

interface TableRow {
  readonly table: string;
  readonly dead: number;
  readonly dead_ratio: number;
  readonly trigger_ratio: number;
  readonly worth: boolean;
}

/**
 * Effective trigger: threshold + scale factor × rows, each from the table's own storage parameters where
 * set (PostgreSQL manual, "The Autovacuum Daemon"). The floors of 100,000 dead rows and 20 % are those of
 * postgres-ai's check F003: a table below either is small change, whatever its ratio. A table that is being
 * vacuumed now is left out.
 */
const tablesSql = `
WITH t AS (
  SELECT s.relid, s.schemaname || '.' || s.relname AS name, s.n_dead_tup::float8 AS dead,
         s.n_live_tup::float8 AS live, greatest(c.reltuples, 0)::float8 AS rows,
         coalesce((SELECT option_value FROM pg_options_to_table(c.reloptions)
                    WHERE option_name = 'autovacuum_vacuum_threshold'),
                  current_setting('autovacuum_vacuum_threshold'))::float8 AS threshold,
         coalesce((SELECT option_value FROM pg_options_to_table(c.reloptions)
                    WHERE option_name = 'autovacuum_vacuum_scale_factor'),
                  current_setting('autovacuum_vacuum_scale_factor'))::float8 AS scale
    FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
   WHERE s.n_dead_tup > 0 AND s.relid NOT IN (SELECT relid FROM pg_stat_progress_vacuum WHERE relid IS NOT NULL)
), judged AS (
  SELECT name, dead, dead / greatest(dead + live, 1) AS dead_ratio,
         dead / greatest(threshold + scale * rows, 1) AS trigger_ratio
    FROM t
)
SELECT name AS "table", dead, dead_ratio, trigger_ratio, dead >= 100000 AND dead_ratio >= 0.2 AS worth
  FROM judged ORDER BY worth DESC, trigger_ratio DESC, dead DESC LIMIT 5`;

export const tables: Probe<PostgresConnection> = {
  id: 'postgres.tables',
  summary: 'Dead rows of the tables of this database against what should have started a vacuum',
  atMostEveryMs: 60_000,
  metrics: {
    'postgres.dead_tuples.count': {
      summary: 'Dead rows, the five worst tables',
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.dead_tuples.ratio': {
      summary: 'Dead rows as a share of all',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'postgres.dead_tuples.worst': {
      summary:
        'Dead rows ÷ autovacuum trigger of the worst table with 100,000 dead rows and 20 % or more; 0 when there is none',
      unit: 'ratio',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (query) => {
      const rows = await query<TableRow>(tablesSql);
      const worst = rows.find((row) => row.worth);
      return {
        ...(worst ? { detail: `${worst.table}: ${worst.dead} dead rows` } : {}),
        readings: [
          { metric: 'postgres.dead_tuples.worst', value: worst?.trigger_ratio ?? 0 },
          ...rows.flatMap((row) => [
            { metric: 'postgres.dead_tuples.count', value: row.dead, labels: { table: row.table } },
            { metric: 'postgres.dead_tuples.ratio', value: row.dead_ratio, labels: { table: row.table } },
          ]),
        ],
      };
    }),
};
