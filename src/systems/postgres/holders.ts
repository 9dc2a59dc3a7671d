import type { Query } from './session.ts';

/** Whoever keeps rows that died since from being removed. */
export interface Holder {
  readonly kind: 'session' | 'prepared transaction' | 'slot' | 'standby';
  /** `pid 812 (app, checkout, idle in transaction)`, `prepared transaction x`, `slot y (inactive)` */
  readonly who: string;
  readonly pid: number | null;
  readonly state: string | null;
  readonly backendStart: string | null;
  /** gid or name of the slot. */
  readonly name: string | null;
  /** Transactions begun since. */
  readonly age: number;
  /** Since when it has held; null for slots, which do not tell. */
  readonly seconds: number | null;
}

/** A vacuum's xmin holds nobody up; catalog_xmin holds back catalogues alone, which are not looked at here. */
export const holdersSql = `
SELECT * FROM (
  SELECT CASE WHEN a.backend_type = 'walsender' THEN 'standby' ELSE 'session' END AS kind,
         CASE WHEN a.backend_type = 'walsender' THEN 'standby ' || coalesce(nullif(a.application_name, ''), a.pid::text)
              ELSE format('pid %s (%s)', a.pid, concat_ws(', ', a.usename, nullif(a.application_name, ''), a.state)) END AS who,
         a.pid, a.state, a.backend_start::text AS "backendStart", NULL::text AS name,
         greatest(age(a.backend_xmin), age(a.backend_xid)) AS age,
         extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS seconds
    FROM pg_stat_activity a
   WHERE a.pid <> pg_backend_pid() AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL)
     AND (a.datname = current_database() OR a.backend_type = 'walsender')
     AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum v WHERE v.pid = a.pid)
  UNION ALL
  SELECT 'prepared transaction', 'prepared transaction ' || gid, NULL, NULL, NULL, gid, age(transaction),
         extract(epoch FROM clock_timestamp() - prepared)::float8
    FROM pg_prepared_xacts WHERE database = current_database()
  UNION ALL
  SELECT 'slot', 'slot ' || slot_name || CASE WHEN active THEN '' ELSE ' (inactive)' END, NULL, NULL, NULL,
         slot_name::text, age(xmin), NULL
    FROM pg_replication_slots WHERE xmin IS NOT NULL
) held ORDER BY age DESC LIMIT 20`;

export function readHolders(query: Query): Promise<(Holder & Record<string, string | number | null>)[]> {
  return query(holdersSql);
}
