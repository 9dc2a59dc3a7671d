import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';
import { listed, told } from '../in-words.ts';

interface Ages {
  readonly database: string;
  readonly xid: number;
  readonly mxid: number;
  readonly xid_limit: number;
  readonly mxid_limit: number;
}

/** Half of the 32-bit circle: older than this, a transaction would seem to lie in the future. */
const circle = 2 ** 31;

export const wraparound: Probe<PostgresConnection> = {
  id: 'postgres.wraparound',
  summary: 'How far transaction and multixact numbers are from running out, in every database',
  atMostEveryMs: 60_000,
  metrics: {
    'postgres.wraparound.xid_age': {
      summary: 'Age of the oldest unfrozen transaction',
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.wraparound.mxid_age': {
      summary: 'Age of the oldest multixact',
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.wraparound.freeze_ratio': {
      summary:
        'Age of the worst database ÷ the age that forces an autovacuum (autovacuum_freeze_max_age, autovacuum_multixact_freeze_max_age), whichever is worse; about 1 is usual',
      unit: 'ratio',
      kind: 'gauge',
    },
    'postgres.wraparound.used_ratio': {
      summary: 'Age of the worst database ÷ 2^31, where the server stops taking writes',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (query) => {
      const rows = await query<Ages>(
        `SELECT datname AS database, age(datfrozenxid)::float8 AS xid, mxid_age(datminmxid)::float8 AS mxid,
                current_setting('autovacuum_freeze_max_age')::float8 AS xid_limit,
                current_setting('autovacuum_multixact_freeze_max_age')::float8 AS mxid_limit
           FROM pg_database ORDER BY greatest(age(datfrozenxid), mxid_age(datminmxid)) DESC LIMIT 20`,
      );
      const oldest = await query<{ table: string }>(
        `SELECT format('%s.%s (%s)', n.nspname, c.relname, age(c.relfrozenxid)) AS table
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE c.relkind IN ('r', 'm', 't') ORDER BY age(c.relfrozenxid) DESC LIMIT 3`,
      );
      const freeze = worstBy(rows, (row) => Math.max(row.xid / row.xid_limit, row.mxid / row.mxid_limit));
      const used = worstBy(rows, (row) => Math.max(row.xid, row.mxid) / circle);
      const detail = (database: string) =>
        `${database} is the oldest; of the connected one ${listed(oldest.map(({ table }) => table))}`;
      return {
        readings: [
          told('postgres.wraparound.freeze_ratio', freeze.value, detail(freeze.database)),
          told('postgres.wraparound.used_ratio', used.value, detail(used.database)),
          ...rows.flatMap(({ database, xid, mxid }) => [
            { metric: 'postgres.wraparound.xid_age', value: xid, labels: { database } },
            { metric: 'postgres.wraparound.mxid_age', value: mxid, labels: { database } },
          ]),
        ],
      };
    }),
};

function worstBy(rows: readonly Ages[], of: (row: Ages) => number): { database: string; value: number } {
  return rows
    .map((row) => ({ database: row.database, value: of(row) }))
    .reduce((worst, one) => (one.value > worst.value ? one : worst), { database: '', value: 0 });
}
