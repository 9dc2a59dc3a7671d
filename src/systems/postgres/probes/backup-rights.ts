import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';
import { quoteName } from '../visibility.ts';

const metric = 'postgres.backup.unreadable';

interface Row {
  readonly user: string;
  readonly tables: number;
  readonly one: string | null;
  /** pg_read_all_data is there since PostgreSQL 14. */
  readonly hasRole: boolean;
}

const sql = `
SELECT current_user::text AS user, to_regrole('pg_read_all_data') IS NOT NULL AS "hasRole",
       count(c.oid)::float8 AS tables, min(n.nspname || '.' || c.relname) AS one
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'm', 'p') AND c.relpersistence <> 't'
   AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
   AND NOT (has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))`;

/** A dump meets the first table that it may not read in the middle of a night: it is told in the daylight before. */
export const backupRights: Probe<PostgresConnection> = {
  id: 'postgres.backup-rights',
  summary: 'Whether the role of Upkeep may read what the backups of this target have to read',
  atMostEveryMs: 300_000,
  metrics: {
    [metric]: {
      summary: 'Tables that a backup could not read; nothing where `backups:` names none of this target',
      unit: 'count',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) => {
    if (ctx.mayLoseMs?.() === undefined) return Promise.resolve({ ok: true, readings: [] });
    return observe(conn.work, ctx, async (query) => {
      const [row] = await query<Row>(sql);
      if (row === undefined) return { readings: [] };
      const { user, tables, one, hasRole } = row;
      const readings = [{ metric, value: tables }];
      if (tables === 0) return { readings };
      const grant = hasRole
        ? `GRANT pg_read_all_data TO ${quoteName(user)};`
        : `GRANT SELECT ON ALL TABLES IN SCHEMA … TO ${quoteName(user)};`;
      const reason = `role ${user} may not read ${one}${tables > 1 ? ` and ${tables - 1} more` : ''}, which the backups of this target need`;
      return { readings, missing: [{ metrics: [], reason, remedy: grant }] };
    });
  },
};
