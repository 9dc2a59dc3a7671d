import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';
import { grantMonitor, visibility } from '../visibility.ts';

export const size: Probe<PostgresConnection> = {
  id: 'postgres.size',
  summary: 'Size of each database on disk',
  // pg_database_size looks at every file of the database.
  atMostEveryMs: 300_000,
  metrics: { 'postgres.database.size': { summary: 'Size on disk', unit: 'bytes', kind: 'gauge' } },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (query) => {
      const rows = await query<{ database: string; bytes: number | null }>(
        `SELECT datname AS database,
                CASE WHEN has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')
                     THEN pg_database_size(oid)::float8 END AS bytes
           FROM pg_database WHERE NOT datistemplate AND datallowconn
          ORDER BY datname = current_database() DESC, datname LIMIT 20`,
      );
      const hidden = rows.filter((row) => row.bytes === null).map((row) => row.database);
      const { user } = await visibility(query);
      return {
        readings: rows.flatMap((row) =>
          row.bytes === null
            ? []
            : [{ metric: 'postgres.database.size', value: row.bytes, labels: { database: row.database } }],
        ),
        missing:
          hidden.length === 0
            ? []
            : [
                {
                  metrics: ['postgres.database.size'],
                  reason: `role ${user} may not connect to ${hidden.join(', ')}`,
                  remedy: grantMonitor(user),
                },
              ],
      };
    }),
};
