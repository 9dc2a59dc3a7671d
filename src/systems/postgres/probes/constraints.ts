import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';
import { listed, told } from '../in-words.ts';
import { isOwn } from '../own-objects.ts';

interface Found {
  readonly name: string;
}

/**
 * A delete or a changed key of the parent reads the whole child where no index leads with the key, in whatever order
 * of its columns; a partial index does not help. Small tables are read whole at little cost.
 */
const unindexedSql = `
SELECT format('%s.%s.%s', n.nspname, c.relname, k.conname) AS name
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_stat_all_tables p ON p.relid = k.confrelid
  LEFT JOIN pg_stat_all_tables s ON s.relid = k.conrelid
 WHERE k.contype = 'f' AND k.conparentid = 0 AND ${isOwn('c')}
   AND greatest(c.reltuples, s.n_live_tup, 0) >= CASE WHEN coalesce(p.n_tup_del, 0) > 0 THEN 1000 ELSE 10000 END
   AND NOT EXISTS (SELECT FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam
                    WHERE i.indrelid = k.conrelid AND i.indisvalid AND i.indpred IS NULL
                      AND m.amname IN ('btree', 'hash') AND i.indnkeyatts >= cardinality(k.conkey)
                      AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)
 ORDER BY c.reltuples DESC LIMIT 100`;

const mismatchedSql = `
SELECT format('%s.%s.%s (%s) to %s', n.nspname, c.relname, a.attname, format_type(a.atttypid, NULL),
              format_type(f.atttypid, NULL)) AS name
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair(mine, theirs)
  JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.mine
  JOIN pg_attribute f ON f.attrelid = k.confrelid AND f.attnum = pair.theirs
 WHERE k.contype = 'f' AND k.conparentid = 0 AND a.atttypid <> f.atttypid AND ${isOwn('c')}
   AND a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
   AND f.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
   AND (SELECT typlen FROM pg_type WHERE oid = a.atttypid) < (SELECT typlen FROM pg_type WHERE oid = f.atttypid)
 ORDER BY name LIMIT 100`;

/** NOT ENFORCED (PostgreSQL 18) is never valid, on purpose. */
const unvalidatedSql = `
SELECT format('%s.%s.%s', n.nspname, c.relname, k.conname) AS name
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT k.convalidated AND k.contype IN ('c', 'f') AND coalesce((to_jsonb(k)->>'conenforced')::bool, true) AND ${isOwn('c')} ORDER BY name LIMIT 100`;

const keylessSql = `
SELECT format('%s.%s', n.nspname, c.relname) AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p' AND ${isOwn('c')}
   AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
 ORDER BY c.reltuples DESC LIMIT 200`;

/** An UPDATE or DELETE of such a table fails as soon as its publication takes them. */
const publishedSql = `
SELECT DISTINCT format('%s.%s', t.schemaname, t.tablename) AS name
  FROM pg_publication_tables t JOIN pg_publication p ON p.pubname = t.pubname
  JOIN pg_class c ON c.oid = to_regclass(format('%I.%I', t.schemaname, t.tablename))
 WHERE (p.pubupdate OR p.pubdelete)
   AND (c.relreplident = 'n' OR (c.relreplident = 'd'
        AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)))
 ORDER BY name LIMIT 100`;

const checks = {
  'postgres.constraints.unindexed': [
    unindexedSql,
    'Foreign keys of large tables without an index that leads with their columns',
  ],
  'postgres.constraints.mismatched': [
    mismatchedSql,
    'Foreign key columns of a smaller integer type than what they refer to',
  ],
  'postgres.constraints.unvalidated': [
    unvalidatedSql,
    'Constraints that are NOT VALID: what was there before is unchecked',
  ],
  'postgres.tables.without_key': [keylessSql, 'Tables without a primary key; often on purpose'],
  'postgres.tables.published_without_identity': [
    publishedSql,
    'Published tables whose updates and deletes fail for want of a replica identity',
  ],
} as const;

export const constraints: Probe<PostgresConnection> = {
  id: 'postgres.constraints',
  summary: 'Foreign keys, constraints and keys that the tables of this database lack',
  atMostEveryMs: 300_000,
  metrics: Object.fromEntries(
    Object.entries(checks).map(([metric, [, summary]]) => [
      metric,
      { summary, unit: 'count' as const, kind: 'gauge' as const },
    ]),
  ),
  run: (conn, ctx) =>
    observe(conn.seldom, ctx, async (query) => {
      const readings = [];
      for (const [metric, [sql]] of Object.entries(checks)) {
        const names = (await query<Found>(sql)).map(({ name }) => name);
        readings.push(told(metric, names.length, listed(names)));
      }
      return { readings };
    }),
};
