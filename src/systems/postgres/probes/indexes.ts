import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';
import { bytesInWords, listed, told } from '../in-words.ts';
import { isOwn } from '../own-objects.ts';

interface Index {
  readonly name: string;
  readonly bytes: number;
}

/**
 * One that is being built is not valid yet; whoever builds it holds a lock on its table that only a vacuum or an
 * ANALYZE shares. A partitioned index made with ON ONLY is invalid until its parts are attached.
 */
const invalidSql = `
SELECT format('%s.%s', n.nspname, c.relname) AS name, pg_relation_size(c.oid)::float8 AS bytes
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT i.indisvalid AND c.relkind = 'i' AND ${isOwn('c')}
   AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
   AND NOT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                    WHERE l.relation = i.indrelid AND l.granted AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock')
                      AND d.datname = current_database())
 ORDER BY name LIMIT 100`;

/**
 * An index all of whose columns another one begins with, in every respect that matters to the planner: method,
 * operator classes, collations, order, predicate and expressions. Of two alike the younger is named. One that is
 * unique, stands for the table's identity or clusters it does more than serve reads.
 */
const duplicateSql = `
SELECT DISTINCT ON (a.indexrelid) format('%s.%s', n.nspname, ca.relname) AS name, cb.relname AS covered_by,
       pg_relation_size(a.indexrelid)::float8 AS bytes
  FROM pg_index a JOIN pg_index b ON a.indrelid = b.indrelid AND a.indexrelid <> b.indexrelid
  JOIN pg_class ca ON ca.oid = a.indexrelid JOIN pg_class cb ON cb.oid = b.indexrelid
  JOIN pg_namespace n ON n.oid = ca.relnamespace
 WHERE a.indisvalid AND b.indisvalid AND NOT a.indisunique AND NOT a.indisexclusion AND NOT a.indisreplident
   AND NOT a.indisclustered AND ca.relkind = 'i' AND NOT ca.relispartition AND ca.relam = cb.relam
   AND a.indkey[0:a.indnkeyatts - 1] = b.indkey[0:a.indnkeyatts - 1]
   AND a.indclass[0:a.indnkeyatts - 1] = b.indclass[0:a.indnkeyatts - 1]
   AND a.indcollation[0:a.indnkeyatts - 1] = b.indcollation[0:a.indnkeyatts - 1]
   AND a.indoption[0:a.indnkeyatts - 1] = b.indoption[0:a.indnkeyatts - 1]
   AND a.indnatts = a.indnkeyatts AND b.indnkeyatts >= a.indnkeyatts
   AND (b.indnkeyatts = a.indnkeyatts OR ca.relam = (SELECT oid FROM pg_am WHERE amname = 'btree'))
   AND pg_get_expr(a.indexprs, a.indrelid) IS NOT DISTINCT FROM pg_get_expr(b.indexprs, b.indrelid)
   AND pg_get_expr(a.indpred, a.indrelid) IS NOT DISTINCT FROM pg_get_expr(b.indpred, b.indrelid)
   AND (b.indnkeyatts > a.indnkeyatts OR b.indisunique OR b.indnatts > b.indnkeyatts OR a.indexrelid > b.indexrelid)
   AND ${isOwn('ca')}
 ORDER BY a.indexrelid, b.indisunique DESC, b.indnkeyatts LIMIT 200`;

export const indexes: Probe<PostgresConnection> = {
  id: 'postgres.indexes',
  summary: 'Indexes that are invalid, and those that another one makes needless',
  atMostEveryMs: 120_000,
  metrics: {
    'postgres.indexes.invalid': {
      summary: 'Indexes that failed to build: they cost writes and serve no read',
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.indexes.duplicate': {
      summary: 'Indexes whose columns another index of the table begins with',
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.indexes.duplicate_bytes': { summary: 'What they take on disk', unit: 'bytes', kind: 'gauge' },
  },
  run: (conn, ctx) =>
    observe(conn.seldom, ctx, async (query) => {
      const invalid = await query<Index>(invalidSql);
      const duplicates = await query<Index & { covered_by: string }>(duplicateSql);
      const words = listed(
        duplicates.map(({ name, covered_by, bytes }) => `${name} (as ${covered_by}, ${bytesInWords(bytes)})`),
      );
      return {
        readings: [
          told('postgres.indexes.invalid', invalid.length, listed(invalid.map(({ name }) => name))),
          told('postgres.indexes.duplicate', duplicates.length, words),
          {
            metric: 'postgres.indexes.duplicate_bytes',
            value: duplicates.reduce((sum, { bytes }) => sum + bytes, 0),
          },
        ],
      };
    }),
};
