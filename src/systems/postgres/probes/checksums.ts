import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';
import { listed, told } from '../in-words.ts';

/** Failures stay counted until the statistics are reset; what was found long ago was dealt with or never will be. */
const recent = '7 days';

export const checksums: Probe<PostgresConnection> = {
  id: 'postgres.checksums',
  summary: 'Pages whose checksum did not match when they were read (pg_stat_database)',
  atMostEveryMs: 60_000,
  metrics: {
    'postgres.checksums.enabled': {
      summary: '1 where data checksums are on; without them damage is not noticed',
      unit: 'state',
      kind: 'gauge',
    },
    'postgres.checksums.failures': {
      summary: `Checksum failures counted, where the last came within ${recent}; else 0`,
      unit: 'count',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (query) => {
      const [server] = await query<{ enabled: boolean }>(
        `SELECT current_setting('data_checksums')::bool AS enabled`,
      );
      const enabled = { metric: 'postgres.checksums.enabled', value: server?.enabled ? 1 : 0 };
      if (!server?.enabled)
        return { readings: [enabled], detail: 'data checksums are off: damage goes unnoticed' };
      const rows = await query<{ database: string; failures: number }>(
        `SELECT coalesce(datname, 'shared catalogues') AS database, checksum_failures::float8 AS failures
           FROM pg_stat_database
          WHERE checksum_failures > 0 AND checksum_last_failure > clock_timestamp() - $1::interval
          ORDER BY checksum_last_failure DESC LIMIT 20`,
        [recent],
      );
      return {
        readings: [
          enabled,
          told(
            'postgres.checksums.failures',
            rows.reduce((sum, { failures }) => sum + failures, 0),
            listed(rows.map(({ database, failures }) => `${failures} in ${database}`)),
          ),
        ],
      };
    }),
};
