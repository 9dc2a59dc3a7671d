import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';
import { bytesInWords, listed, told } from '../in-words.ts';
import { isOwn } from '../own-objects.ts';
import { quoteName, visibility } from '../visibility.ts';

interface Relation {
  readonly name: string;
  readonly kind: 'table' | 'index';
  readonly bytes: number;
  /** Null where its statistics cannot be read or are not there. */
  readonly needed: number | null;
  readonly readable: boolean;
}

/** Relations from this size on are looked at, and this share of them must be waste to be told. J */
const fewestBytes = 32 * 1024 ** 2;
const leastShare = 0.5;

/**
 * The estimate of ioguix/pgsql-bloat-estimation, from what ANALYZE found: rows × (header + width, aligned) ÷ what fits
 * on a page. It leaves out TOAST and expression indexes, and takes duplicates in B-trees for stored once each, so it
 * says too little there rather than too much. Statistics over which a fifth of the table has changed are not used.
 */
const bloatSql = `
WITH big AS (
  SELECT c.oid, c.relkind, c.relpages::float8 AS pages, c.reltuples::float8 AS rows, n.nspname, c.relname,
         coalesce(i.indrelid, c.oid) AS heap, i.indkey::int2[] AS keys, i.indnkeyatts,
         coalesce((SELECT option_value FROM pg_options_to_table(c.reloptions) WHERE option_name = 'fillfactor')::float8,
                  CASE c.relkind WHEN 'i' THEN 90 ELSE 100 END) / 100 AS fill
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_am m ON m.oid = c.relam
   WHERE c.relpages >= $1 AND c.reltuples >= 0 AND ${isOwn('c')}
     AND (c.relkind IN ('r', 'm') OR (c.relkind = 'i' AND m.amname = 'btree' AND i.indexprs IS NULL AND i.indisvalid))
   ORDER BY c.relpages DESC LIMIT 100
), wide AS (
  SELECT b.*, has_table_privilege(b.heap, 'SELECT') AS readable, w.columns, w.known, w.width, w.nullable,
         t.n_mod_since_analyze > 0.2 * greatest(t.n_live_tup, 1) AS stale
    FROM big b LEFT JOIN pg_stat_all_tables t ON t.relid = b.heap
    CROSS JOIN LATERAL (
      SELECT count(*) AS columns, count(s.avg_width) AS known, coalesce(bool_or(s.null_frac > 0), false) AS nullable,
             coalesce(sum((1 - s.null_frac) * s.avg_width), 0)::float8 AS width
        FROM pg_attribute a
        LEFT JOIN pg_class h ON h.oid = b.heap LEFT JOIN pg_namespace hn ON hn.oid = h.relnamespace
        LEFT JOIN pg_stats s ON s.schemaname = hn.nspname AND s.tablename = h.relname AND s.attname = a.attname
                            AND NOT s.inherited
       WHERE a.attrelid = b.heap AND a.attnum > 0 AND NOT a.attisdropped
         AND (b.relkind <> 'i' OR a.attnum = ANY (b.keys))) w
)
SELECT format('%s.%s', nspname, relname) AS name, CASE relkind WHEN 'i' THEN 'index' ELSE 'table' END AS kind,
       pages * 8192 AS bytes, readable,
       CASE WHEN known = columns AND NOT coalesce(stale, true) THEN 8192 * CASE
         WHEN relkind = 'i' THEN 1 + ceil(rows / greatest(1, floor(8152 * fill / (12 + 8 * ceil(width / 8)))))
         ELSE ceil(rows / greatest(1, floor(8168 * fill
                / (4 + 8 * ceil((23 + CASE WHEN nullable THEN ceil(columns / 8.0) ELSE 0 END) / 8) + 8 * ceil(width / 8)))))
       END END::float8 AS needed
  FROM wide WHERE current_setting('block_size') = '8192'`;

export const bloat: Probe<PostgresConnection> = {
  id: 'postgres.bloat',
  summary: 'Space in tables and indexes that holds nothing, estimated from the statistics of ANALYZE',
  atMostEveryMs: 1_800_000,
  metrics: {
    'postgres.bloat.table_bytes': {
      summary: 'Estimated waste of the worst table that is half waste or more; 0 without any',
      unit: 'bytes',
      kind: 'gauge',
    },
    'postgres.bloat.index_bytes': {
      summary: 'Estimated waste of the worst B-tree index that is half waste or more; 0 without any',
      unit: 'bytes',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.seldom, ctx, async (query) => {
      const rows = await query<Relation>(bloatSql, [fewestBytes / 8192]);
      const { user } = await visibility(query);
      const missing = hidden(rows, user);
      const readings = (['table', 'index'] as const).flatMap((kind) => judge(rows, kind));
      return { readings, missing };
    }),
};

function judge(rows: readonly Relation[], kind: Relation['kind']): Reading[] {
  const found = rows
    .filter((row) => row.kind === kind && row.needed !== null)
    .map((row) => ({ ...row, waste: row.bytes - (row.needed ?? 0) }))
    .filter(({ waste, bytes }) => waste >= leastShare * bytes)
    .sort((a, b) => b.waste - a.waste);
  // Nothing can be said where there are large ones and none could be judged.
  if (!rows.some((row) => row.kind === kind && row.needed !== null) && rows.some((row) => row.kind === kind))
    return [];
  const words = found.map(
    ({ name, bytes, waste }) => `${name} (${bytesInWords(waste)} of ${bytesInWords(bytes)})`,
  );
  return [told(`postgres.bloat.${kind}_bytes`, found[0]?.waste ?? 0, listed(words))];
}

/** Tables that nobody may read first; then a kind of which none has statistics that can be used. */
function hidden(rows: readonly Relation[], user: string): Missing[] {
  const unread = rows.filter(({ readable }) => !readable).map(({ name }) => name);
  const unseen: Missing[] = (['table', 'index'] as const).flatMap((kind) => {
    const those = rows.filter((row) => row.kind === kind && row.readable);
    if (those.length === 0 || those.some(({ needed }) => needed !== null)) return [];
    const names = listed(those.map(({ name }) => name));
    return [
      {
        metrics: [`postgres.bloat.${kind}_bytes`],
        reason: `much has changed since ${names} had statistics gathered`,
        remedy: 'ANALYZE;',
      },
    ];
  });
  if (unread.length === 0) return unseen;
  const remedy = `GRANT pg_read_all_data TO ${quoteName(user)}; (or SELECT on these tables)`;
  const reason = `role ${user} may not see the statistics of ${listed(unread)}`;
  const metrics = ['postgres.bloat.table_bytes', 'postgres.bloat.index_bytes'];
  return [{ metrics, reason, remedy }, ...unseen];
}
