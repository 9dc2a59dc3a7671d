import type { Evidence, Finding, Scalar } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, tableOf, textOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import type { PostgresConnection } from '../client.ts';
import { look } from './evidence.ts';
import { statementLoad } from './statement-load.ts';

const staleSql = `
SELECT s.schemaname AS schema, s.relname AS "table", s.n_live_tup::float8 AS rows, greatest(c.reltuples, 0)::float8 AS "plannedRows",
       s.n_mod_since_analyze::float8 AS modified,
       extract(epoch FROM clock_timestamp() - greatest(s.last_analyze, s.last_autoanalyze))::float8 AS "analyzedSeconds"
  FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
 WHERE s.n_mod_since_analyze >= 10000 AND s.n_mod_since_analyze >= 0.2 * s.n_live_tup
 ORDER BY s.n_mod_since_analyze DESC LIMIT 10`;
const columns = ['schema', 'table', 'rows', 'plannedRows', 'modified', 'analyzedSeconds'] as const;

/** A statement with less than a fifth of the time explains little (J). */
const leastShare = 0.2;

export const staleStatistics: Diagnosis<PostgresConnection> = {
  id: 'postgres.stale-statistics',
  title: 'the statistics of a table are old',
  summary:
    'The planner goes by what a table was: most of its rows have changed since it was analysed, and a busy statement reads it',
  explains: [
    'postgres.stale-statistics',
    'postgres.regressed-statement',
    'postgres.slow-statement',
    'postgres.full-scans',
    'postgres.autovacuum-excluded',
    'postgres.upkeep-off',
  ],
  async gather(conn, target, ctx) {
    const stale = await look(
      conn.work,
      target,
      ctx,
      {
        id: 'stale-statistics',
        title: 'Tables whose rows have changed since they were analysed',
        how: staleSql.trim(),
      },
      async (query) => ({
        table: tableOf(columns, await query<Record<(typeof columns)[number], Scalar>>(staleSql)),
      }),
    );
    if (rowsOf(stale).length === 0) return [stale];
    return [stale, ...(await statementLoad(conn, target, ctx)).evidence];
  },
  conclude,
};

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const stale = find(evidence, target, 'stale-statistics');
  const busy = rowsOf(find(evidence, target, 'statements')).filter(
    (row) => numberOf(row.share) >= leastShare,
  );
  return rowsOf(stale).flatMap((row): Finding[] => {
    const table = textOf(row.table);
    // Out of date and read by nobody who matters now, they explain nothing.
    const reader = busy.find(({ statement }) =>
      new RegExp(`(^|[^\\w])"?${table.replace(/\W/g, '.')}"?($|[^\\w])`, 'i').test(textOf(statement)),
    );
    if (stale === undefined || reader === undefined) return [];
    const name = `${textOf(row.schema)}.${table}`;
    const last =
      typeof row.analyzedSeconds === 'number'
        ? `${formatDuration(row.analyzedSeconds * 1_000)} ago`
        : 'never';
    return [
      {
        id: 'postgres.stale-statistics',
        target,
        onlySlows: true,
        summary: `${name} was analysed ${last}, ${numberOf(row.modified)} of its ${numberOf(row.rows)} rows have changed since, and a statement with ${Math.round(numberOf(reader.share) * 100)} % of the time reads it`,
        explanation: `The planner takes it for a table of ${Math.round(numberOf(row.plannedRows))} rows and chooses its plans by values that are no longer there. The statement: ${textOf(reader.statement)}. Collecting statistics is quick and locks nobody out.`,
        // Both are seen; that the plan is bad because of it is likely only.
        confidence: 0.6,
        evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
        unseen: ['whether the plan changes with fresh statistics: analysing it shows'],
        recommendations: [
          {
            action: 'postgres.analyze',
            target,
            input: { schema: textOf(row.schema), table },
            why: 'plans are made by statistics that no longer hold',
          },
        ],
      },
    ];
  });
}
