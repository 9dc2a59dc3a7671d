import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';

export const slots: Probe<PostgresConnection> = {
  id: 'postgres.slots',
  summary: 'WAL that replication slots hold back (pg_replication_slots)',
  atMostEveryMs: 30_000,
  metrics: {
    'postgres.slots.retained_bytes': {
      summary: 'WAL kept for the slot that holds back the most; 0 without slots',
      unit: 'bytes',
      kind: 'gauge',
    },
    'postgres.slots.retained_bytes_by_slot': { summary: 'WAL kept for a slot', unit: 'bytes', kind: 'gauge' },
    'postgres.slots.endangered': {
      summary: 'Slots whose WAL is lost or about to be removed (wal_status unreserved or lost)',
      unit: 'count',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (query) => {
      const rows = await query<{
        slot: string;
        active: boolean;
        status: string | null;
        retained: number | null;
      }>(
        `SELECT slot_name AS slot, active, wal_status AS status,
                pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn()
                                     ELSE pg_current_wal_lsn() END, restart_lsn)::float8 AS retained
           FROM pg_replication_slots WHERE NOT temporary
          ORDER BY retained DESC NULLS LAST LIMIT 20`,
      );
      const [worst] = rows;
      return {
        ...(worst ? { detail: `${worst.slot}${worst.active ? '' : ' (inactive)'} holds back the most` } : {}),
        readings: [
          { metric: 'postgres.slots.retained_bytes', value: Math.max(0, worst?.retained ?? 0) },
          {
            metric: 'postgres.slots.endangered',
            value: rows.filter((row) => row.status === 'unreserved' || row.status === 'lost').length,
          },
          ...rows.flatMap((row) =>
            row.retained === null
              ? []
              : [
                  {
                    metric: 'postgres.slots.retained_bytes_by_slot',
                    value: Math.max(0, row.retained),
                    labels: { slot: row.slot },
                  },
                ],
          ),
        ],
      };
    }),
};
