import type { Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';
import { listed, told } from '../in-words.ts';
import { lookingBack } from '../window.ts';

interface Table {
  readonly name: string;
  readonly rows: number;
  readonly scans: number;
  readonly read: number;
  readonly by_index: number;
}

interface Look {
  readonly at: number;
  readonly tables: ReadonlyMap<string, Table>;
}

const windowMs = 5 * 60_000;
/** PgHero asks for an index where less than 95 % of the scans use one, on tables of 10,000 rows or more. */
const fewestRows = 10_000;
const leastByIndex = 0.95;
/** J: a report now and then reads a table whole by right. */
const fewestScans = 10;

export const fullScans: Probe<PostgresConnection> = {
  id: 'postgres.full-scans',
  summary: 'Large tables that are read whole again and again: an index is missing, or not used',
  atMostEveryMs: 60_000,
  metrics: {
    'postgres.full_scans.rows': {
      summary: `Rows a second read by whole scans of the worst table of ${fewestRows} rows or more, in the last 5 minutes; 0 where fewer than ${fewestScans} scans or 95 % by index`,
      unit: 'per-second',
      kind: 'gauge',
    },
    'postgres.statistics.stale_tables': {
      summary:
        'Tables of 10,000 rows or more of which a fifth has changed since an ANALYZE more than 7 days ago, or none ever',
      unit: 'count',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.seldom, ctx, async (query) => {
      const rows = await query<Table>(
        `SELECT format('%s.%s', schemaname, relname) AS name, n_live_tup::float8 AS rows, seq_scan::float8 AS scans,
                seq_tup_read::float8 AS read, coalesce(idx_scan, 0)::float8 AS by_index
           FROM pg_stat_user_tables WHERE n_live_tup >= $1 ORDER BY seq_tup_read DESC LIMIT 200`,
        [fewestRows],
      );
      // A table that was just filled is analysed within minutes; what autovacuum never reached stays.
      const stale = await query<{ name: string }>(
        `SELECT format('%s.%s', schemaname, relname) AS name FROM pg_stat_user_tables
          WHERE n_live_tup >= $1 AND n_mod_since_analyze > 0.2 * n_live_tup
            AND greatest(last_analyze, last_autoanalyze, (SELECT greatest(pg_postmaster_start_time(), stats_reset)
                  FROM pg_stat_database WHERE datname = current_database())) < clock_timestamp() - interval '7 days'
          ORDER BY n_mod_since_analyze DESC LIMIT 100`,
        [fewestRows],
      );
      const now = { at: ctx.clock.monotonic(), tables: new Map(rows.map((row) => [row.name, row])) };
      const then = fiveMinutesAgo(conn, now.at, now);
      return {
        readings: [
          told('postgres.statistics.stale_tables', stale.length, listed(stale.map(({ name }) => name))),
          ...(then === undefined ? [] : [worstOf(then, now)]),
        ],
      };
    }),
};

const fiveMinutesAgo = lookingBack<Look>(windowMs, (before, now) =>
  [...now.tables].some(([name, table]) => table.read < (before.tables.get(name)?.read ?? 0)),
);

function worstOf(then: Look, now: Look): Reading {
  const seconds = Math.max(1, (now.at - then.at) / 1_000);
  const [worst] = [...now.tables.values()]
    .flatMap((table) => {
      const before = then.tables.get(table.name);
      if (before === undefined) return [];
      const scans = table.scans - before.scans;
      const byIndex = table.by_index - before.by_index;
      const isScanned = scans >= fewestScans && byIndex / (byIndex + scans) < leastByIndex;
      return isScanned ? [{ name: table.name, scans, rate: (table.read - before.read) / seconds }] : [];
    })
    .sort((a, b) => b.rate - a.rate);
  const words = worst ? `${worst.name}: ${worst.scans} whole scans in ${Math.round(seconds)} s` : '';
  return told('postgres.full_scans.rows', worst?.rate ?? 0, words);
}
