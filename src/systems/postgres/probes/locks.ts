import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';

export const locks: Probe<PostgresConnection> = {
  id: 'postgres.locks',
  summary: 'How full the shared lock table is (pg_locks)',
  atMostEveryMs: 30_000,
  metrics: {
    'postgres.locks.used_ratio': {
      summary:
        'Locks in the shared table ÷ its guaranteed size, max_locks_per_transaction × (max_connections + max_prepared_transactions)',
      unit: 'ratio',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.quick, ctx, async (query) => {
      // Locks taken by the fast path lie in their session's own slots.
      const [row] = await query<{ used: number; size: number }>(
        `SELECT (SELECT count(*) FROM pg_locks WHERE NOT fastpath)::float8 AS used,
                current_setting('max_locks_per_transaction')::float8 * (current_setting('max_connections')::float8
                  + current_setting('max_prepared_transactions')::float8) AS size`,
      );
      return {
        readings: row
          ? [{ metric: 'postgres.locks.used_ratio', value: row.used / Math.max(row.size, 1) }]
          : [],
      };
    }),
};
