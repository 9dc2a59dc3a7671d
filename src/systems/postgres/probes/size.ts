import type { Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';
import { grantMonitor, visibility } from '../visibility.ts';
import { availableForData } from './data-disk.ts';

export const size: Probe<PostgresConnection> = {
  id: 'postgres.size',
  summary: 'Size of each database on disk',
  // pg_database_size looks at every file of the database.
  atMostEveryMs: 300_000,
  metrics: {
    'postgres.database.size': { summary: 'Size on disk', unit: 'bytes', kind: 'gauge' },
    'postgres.database.room': {
      summary:
        'What it may grow to: its size and what is left on its disk, where that is a disk of this machine',
      unit: 'bytes',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (query) => {
      const rows = await query<{ database: string; isUsual: boolean; bytes: number | null }>(
        `SELECT datname AS database, dattablespace = 1663 AS "isUsual",
                CASE WHEN has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')
                     THEN pg_database_size(oid)::float8 END AS bytes
           FROM pg_database WHERE NOT datistemplate AND datallowconn
          ORDER BY datname = current_database() DESC, datname LIMIT 20`,
      );
      const hidden = rows.filter((row) => row.bytes === null).map((row) => row.database);
      const { user } = await visibility(query);
      const available = await availableForData(query);
      return {
        readings: rows.flatMap(({ database, bytes, isUsual }): Reading[] => {
          if (bytes === null) return [];
          const labels = { database };
          const size = { metric: 'postgres.database.size', value: bytes, labels };
          // Databases of other tablespaces may lie on other disks.
          if (available === null || !isUsual) return [size];
          return [{ metric: 'postgres.database.room', value: bytes + available, labels }, size];
        }),
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
