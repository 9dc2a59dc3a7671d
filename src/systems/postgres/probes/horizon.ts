import type { Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';
import { told } from '../in-words.ts';
import { hiddenFrom, visibility } from '../visibility.ts';

interface Holder {
  readonly kind: string;
  readonly who: string;
  readonly age: number;
}

const holders = ['session', 'prepared transaction', 'slot', 'standby'] as const;

/**
 * Whoever keeps rows that died since from being removed. A vacuum has an xmin that holds nobody up. Walsenders show
 * the feedback of a standby that has no slot.
 */
const holdersSql = `
SELECT * FROM (
  SELECT CASE WHEN a.backend_type = 'walsender' THEN 'standby' ELSE 'session' END AS kind,
         CASE WHEN a.backend_type = 'walsender' THEN 'standby ' || coalesce(nullif(a.application_name, ''), a.pid::text)
              ELSE format('pid %s (%s)', a.pid, concat_ws(', ', a.usename, nullif(a.application_name, ''), a.state)) END AS who,
         greatest(age(a.backend_xmin), age(a.backend_xid)) AS age
    FROM pg_stat_activity a
   WHERE a.pid <> pg_backend_pid() AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL)
     AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum v WHERE v.pid = a.pid)
  UNION ALL SELECT 'prepared transaction', 'prepared transaction ' || gid, age(transaction) FROM pg_prepared_xacts
  UNION ALL SELECT 'slot', 'slot ' || slot_name || CASE WHEN active THEN '' ELSE ' (inactive)' END,
         greatest(age(xmin), age(catalog_xmin))
    FROM pg_replication_slots WHERE xmin IS NOT NULL OR catalog_xmin IS NOT NULL
) held ORDER BY age DESC LIMIT 50`;

export const horizon: Probe<PostgresConnection> = {
  id: 'postgres.horizon',
  summary: 'Who keeps vacuum from removing dead rows: sessions, prepared transactions, slots, standbys',
  atMostEveryMs: 30_000,
  metrics: {
    'postgres.horizon.age': {
      summary: 'Transactions begun since the oldest one that a holder of this kind still sees; 0 without any',
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.horizon.oldest': {
      summary: 'Transactions begun since the oldest one that anybody still sees',
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.prepared.count': { summary: 'Prepared transactions', unit: 'count', kind: 'gauge' },
    'postgres.prepared.oldest': {
      summary: 'Age of the oldest prepared transaction; 0 without any',
      unit: 'seconds',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (query) => {
      const who = await visibility(query);
      const [prepared] = await query<{ count: number; oldest: number | null; gids: string[] | null }>(
        `SELECT count(*)::int AS count, extract(epoch FROM clock_timestamp() - min(prepared))::float8 AS oldest,
                array_agg(gid || ' of ' || owner ORDER BY prepared) AS gids FROM pg_prepared_xacts`,
      );
      const readings: Reading[] = [
        { metric: 'postgres.prepared.count', value: prepared?.count ?? 0 },
        told(
          'postgres.prepared.oldest',
          Math.max(0, prepared?.oldest ?? 0),
          prepared?.gids?.[0] ? `${prepared.gids[0]}, of ${prepared.count}` : '',
        ),
      ];
      if (who.seesAll) readings.push(...readingsOf(await query<Holder>(holdersSql)));
      return { readings, missing: hiddenFrom(who, ['postgres.horizon.age', 'postgres.horizon.oldest']) };
    }),
};

function readingsOf(rows: readonly Holder[]): Reading[] {
  const detailOf = (row: Holder | undefined) => (row ? `${row.who} holds back ${row.age} transactions` : '');
  return [
    told('postgres.horizon.oldest', rows[0]?.age ?? 0, detailOf(rows[0])),
    ...holders.map((holder) => {
      const oldest = rows.find((row) => row.kind === holder);
      return told('postgres.horizon.age', oldest?.age ?? 0, detailOf(oldest), { holder });
    }),
  ];
}
