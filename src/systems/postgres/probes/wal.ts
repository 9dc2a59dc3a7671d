import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';
import { grantMonitor } from '../visibility.ts';

const sizes = ['postgres.wal.bytes', 'postgres.wal.limit_ratio'] as const;

export const wal: Probe<PostgresConnection> = {
  id: 'postgres.wal',
  summary: 'Write-ahead log written, and what is kept of it on disk (pg_ls_waldir)',
  atMostEveryMs: 30_000,
  metrics: {
    'postgres.wal.written': {
      summary: 'Write-ahead log written (replayed on a standby)',
      unit: 'bytes',
      kind: 'counter',
    },
    'postgres.wal.bytes': { summary: 'Size of pg_wal', unit: 'bytes', kind: 'gauge' },
    'postgres.wal.limit_ratio': {
      summary: 'Size of pg_wal ÷ what the settings ask for (max_wal_size + wal_keep_size)',
      unit: 'ratio',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (query) => {
      const [row] = await query<{ user: string; written: number; limit: number; readable: boolean }>(
        `SELECT current_user::text AS user, has_function_privilege('pg_ls_waldir()', 'EXECUTE') AS readable,
                coalesce(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                                              ELSE pg_current_wal_lsn() END, '0/0'), 0)::float8 AS written,
                (pg_size_bytes(current_setting('max_wal_size'))
                  + pg_size_bytes(current_setting('wal_keep_size')))::float8 AS "limit"`,
      );
      if (row === undefined) throw new Error('the server answered without a row');
      const written = { metric: 'postgres.wal.written', value: row.written };
      if (!row.readable) {
        const reason = `role ${row.user} may not list the write-ahead log`;
        return {
          readings: [written],
          missing: [{ metrics: sizes, reason, remedy: grantMonitor(row.user) }],
        };
      }
      const [kept] = await query<{ bytes: number }>(
        'SELECT coalesce(sum(size), 0)::float8 AS bytes FROM pg_ls_waldir()',
      );
      const bytes = kept?.bytes ?? 0;
      return {
        readings: [
          written,
          { metric: 'postgres.wal.bytes', value: bytes },
          { metric: 'postgres.wal.limit_ratio', value: bytes / Math.max(row.limit, 1) },
        ],
      };
    }),
};
