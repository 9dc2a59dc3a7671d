import type { Evidence, Finding, Recommendation, Scalar } from '../../../core/evidence.ts';
import { find, rowsOf, tableOf, textOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { PostgresConnection } from '../client.ts';
import { look } from './evidence.ts';

type Row = Readonly<Record<string, Scalar>>;

/** An index that is being built now is invalid too, and so is the parent of partitions that lack theirs. */
const invalidSql = `
SELECT n.nspname AS schema, c.relname AS index, format('%s.%s', tn.nspname, t.relname) AS "table", i.indisunique AS "unique",
       (SELECT k.conname FROM pg_constraint k WHERE k.conindid = i.indexrelid LIMIT 1) AS "constraint",
       EXISTS (SELECT FROM pg_index o JOIN pg_class oc ON oc.oid = o.indexrelid
                WHERE o.indrelid = i.indrelid AND o.indexrelid <> i.indexrelid AND o.indisvalid
                  AND c.relname ~ '_cc(new|old)[0-9]*$'
                  AND starts_with(oc.relname, regexp_replace(c.relname, '_cc(new|old)[0-9]*$', ''))) AS "isLeftover"
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
 WHERE NOT (i.indisvalid AND i.indisready) AND c.relkind = 'i' AND n.nspname !~ '^pg_'
   AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.relid = i.indrelid)
 ORDER BY 1, 2 LIMIT 20`;
const columns = ['schema', 'index', 'table', 'unique', 'constraint', 'isLeftover'] as const;

export const invalidIndex: Diagnosis<PostgresConnection> = {
  id: 'postgres.invalid-index',
  title: 'an index was not finished',
  summary: 'An index was not finished: it slows every write and serves no reader',
  explains: [
    'postgres.invalid-index',
    'postgres.full-scans',
    'postgres.slow-statement',
    'postgres.regressed-statement',
  ],
  gather: async (conn, target, ctx) => [
    await look(
      conn.work,
      target,
      ctx,
      {
        id: 'invalid-indexes',
        title: 'Indexes that are not valid, and that nobody builds now',
        how: invalidSql.trim(),
      },
      async (query) => ({
        table: tableOf(columns, await query<Record<(typeof columns)[number], Scalar>>(invalidSql)),
      }),
    ),
  ],
  conclude,
};

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const invalid = find(evidence, target, 'invalid-indexes');
  return rowsOf(invalid).map((row): Finding => {
    const name = `${textOf(row.schema)}.${textOf(row.index)}`;
    return {
      id: 'postgres.invalid-index',
      target,
      summary:
        row.isLeftover === true
          ? `index ${name} is what a failed rebuild left beside the good one`
          : `index ${name} of ${textOf(row.table)} was never finished: no statement uses it`,
      explanation: `CREATE INDEX CONCURRENTLY or REINDEX CONCURRENTLY ended early (cancelled, a deadlock, doubles under a unique index) and left it. Every write still goes into it. ${row.isLeftover === true ? 'The index it was to replace is there: drop the rest.' : 'Build it anew, or drop it where it is not needed; IF NOT EXISTS would pass over it for ever.'}`,
      // That it is invalid is certain; whether it is missed is for the plans to say.
      confidence: 0.7,
      evidence: invalid === undefined ? [] : [invalid.id],
      unseen: ['why its build ended: the log of the server says it'],
      recommendations: [recommendation(row, target)],
    };
  });
}

function recommendation(row: Row, target: string): Recommendation {
  const input = { schema: textOf(row.schema), index: textOf(row.index) };
  return row.isLeftover === true
    ? {
        action: 'postgres.drop-index-concurrently',
        target,
        input,
        why: 'it serves nobody and slows every write',
      }
    : {
        action: 'postgres.reindex-concurrently',
        target,
        input,
        why: 'finished, it serves those that it was built for',
      };
}
