/** Tables and indexes as the catalogue knows them, by name. */
import type { Query } from './session.ts';

const ownerGrant = "format('GRANT %I TO %I;', pg_get_userbyid(c.relowner), current_user) AS owner_grant";

export interface Table {
  readonly oid: string;
  /** pg_class.relkind: `r` table, `p` partitioned, `m` materialized view … */
  readonly kind: string;
  readonly bytes: number;
  readonly rows: number;
  /** Whether our role may do what only its owner may. */
  readonly owns: boolean;
  /** May keep it up: its owner, the database's, or MAINTAIN from PostgreSQL 17 on. */
  readonly maintains: boolean;
  readonly owner: string;
  /** What a superuser says so that our role may do what its owner may; it holds in every database. */
  readonly owner_grant: string;
  readonly columns: readonly string[];
}

export async function readTable(query: Query, schema: string, table: string): Promise<Table | undefined> {
  const [row] = await query<Table>(
    `SELECT c.oid::text AS oid, c.relkind::text AS kind, pg_table_size(c.oid)::float8 AS bytes,
            greatest(c.reltuples, 0)::float8 AS rows, pg_has_role(c.relowner, 'USAGE') AS owns,
            pg_get_userbyid(c.relowner)::text AS owner, ${ownerGrant},
            pg_has_role(c.relowner, 'USAGE')
              OR EXISTS (SELECT FROM pg_database d WHERE d.datname = current_database() AND pg_has_role(d.datdba, 'USAGE'))
              OR CASE WHEN current_setting('server_version_num')::int >= 170000
                      THEN has_table_privilege(c.oid, 'MAINTAIN') ELSE false END AS maintains,
            ARRAY(SELECT a.attname::text FROM pg_attribute a
                   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'm', 'f', 'v')`,
    [schema, table],
  );
  return row;
}

export interface Index {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly table_schema: string;
  readonly table: string;
  readonly table_oid: string;
  readonly method: string;
  readonly valid: boolean;
  readonly unique: boolean;
  readonly primary: boolean;
  readonly exclusion: boolean;
  readonly replica_identity: boolean;
  readonly clustered: boolean;
  readonly partial: boolean;
  readonly expressions: boolean;
  /** Partitioned itself, or a part of one that is. */
  readonly partition: boolean;
  /** Of keys first, then those only included; null for an expression. */
  readonly columns: readonly (string | null)[];
  readonly keys: number;
  /** pg_index.indoption of the keys: 0 ascending, 3 descending. */
  readonly options: readonly number[];
  readonly definition: string;
  readonly constraint_name: string | null;
  readonly extension: boolean;
  readonly bytes: number;
  readonly scans: number;
  readonly owns: boolean;
  readonly owner: string;
  readonly owner_grant: string;
}

const indexSql = `
SELECT i.indexrelid::text AS oid, n.nspname::text AS schema, c.relname::text AS name, tn.nspname::text AS table_schema,
       t.relname::text AS "table", t.oid::text AS table_oid, am.amname::text AS method,
       i.indisvalid AND i.indisready AS valid, i.indisunique AS "unique", i.indisprimary AS "primary",
       i.indisexclusion AS exclusion, i.indisreplident AS replica_identity, i.indisclustered AS clustered,
       i.indpred IS NOT NULL AS partial, i.indexprs IS NOT NULL AS expressions,
       c.relispartition OR c.relkind = 'I' AS partition,
       ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, place)
               LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum AND k.attnum > 0
              ORDER BY k.place) AS columns,
       i.indnkeyatts::int AS keys, ARRAY(SELECT o::int FROM unnest(i.indoption::int2[]) o) AS options,
       pg_get_indexdef(i.indexrelid) AS definition,
       (SELECT k.conname::text FROM pg_constraint k WHERE k.conindid = i.indexrelid LIMIT 1) AS constraint_name,
       EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid IN (i.indexrelid, i.indrelid)
                  AND d.deptype = 'e') AS extension,
       pg_relation_size(i.indexrelid)::float8 AS bytes, coalesce(pg_stat_get_numscans(i.indexrelid), 0)::float8 AS scans,
       pg_has_role(c.relowner, 'USAGE') AS owns, pg_get_userbyid(c.relowner)::text AS owner, ${ownerGrant}
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace JOIN pg_am am ON am.oid = c.relam`;

export async function readIndex(query: Query, schema: string, index: string): Promise<Index | undefined> {
  const [row] = await query<Index>(`${indexSql} WHERE n.nspname = $1 AND c.relname = $2`, [schema, index]);
  return row;
}

export function readIndexesOf(query: Query, tableOid: string): Promise<Index[]> {
  return query<Index>(`${indexSql} WHERE i.indrelid = $1::oid ORDER BY c.relname`, [tableOid]);
}

/** Whether any relation has this name, so that no index can get it. */
export async function isNameTaken(query: Query, schema: string, name: string): Promise<boolean> {
  const rows = await query(
    'SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2',
    [schema, name],
  );
  return rows.length > 0;
}

/** Builds of indexes of this table that run now; `isOurs` for those that Upkeep started. */
export async function buildsOn(
  query: Query,
  tableOid: string,
): Promise<{ pid: number; phase: string; share: number | null; isOurs: boolean }[]> {
  return query(
    `SELECT p.pid, p.phase, CASE WHEN p.blocks_total > 0 THEN p.blocks_done::float8 / p.blocks_total END AS share,
            a.application_name = 'upkeep' AS "isOurs"
       FROM pg_stat_progress_create_index p JOIN pg_stat_activity a ON a.pid = p.pid
      WHERE p.relid = $1::oid ORDER BY p.pid`,
    [tableOid],
  );
}

/** Transactions that an index built or dropped concurrently must wait for; ours left out. */
export async function oldestTransaction(
  query: Query,
): Promise<{ pid: number; who: string; seconds: number } | undefined> {
  const [row] = await query<{ pid: number; who: string; seconds: number }>(
    `SELECT a.pid, concat_ws(', ', a.usename::text, nullif(a.application_name, '')) AS who,
            extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS seconds
       FROM pg_stat_activity a
      WHERE a.xact_start IS NOT NULL AND a.pid <> pg_backend_pid() AND a.datname = current_database()
        AND a.backend_type = 'client backend' ORDER BY a.xact_start LIMIT 1`,
  );
  return row;
}
