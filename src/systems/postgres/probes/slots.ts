import type { LogKeeping } from '../../../core/backup/settings.ts';
import type { Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';
import { bytesInWords, listed, told } from '../in-words.ts';
import { isLeftover, ownSlots } from './kept-logs.ts';

interface Slot {
  readonly slot: string;
  readonly kind: string;
  readonly active: boolean;
  readonly status: string | null;
  readonly retained: number | null;
  readonly safe: number | null;
}

/** An inactive slot that keeps less than this has lost nothing yet, whatever its reader does. */
const idleFloor = 64 * 1024 ** 2;

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
    'postgres.slots.abandoned': {
      summary: '1 for a slot that nobody reads and that keeps 64 MiB of WAL or more, else 0',
      unit: 'state',
      kind: 'gauge',
    },
    'postgres.slots.leftover': {
      summary: '1 for a slot that Upkeep made, that no backup declares any more and nobody reads, else 0',
      unit: 'state',
      kind: 'gauge',
    },
    'postgres.slots.safe_bytes': {
      summary:
        'What may still be written before a slot loses WAL; nothing where max_slot_wal_keep_size is -1',
      unit: 'bytes',
      kind: 'gauge',
    },
    'postgres.slots.endangered': {
      summary: 'Slots whose WAL is lost or about to be removed (wal_status unreserved or lost)',
      unit: 'count',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (query) => {
      const rows = await query<Slot>(
        `SELECT slot_name AS slot, slot_type AS kind, active, wal_status AS status, safe_wal_size::float8 AS safe,
                pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn()
                                     ELSE pg_current_wal_lsn() END, restart_lsn)::float8 AS retained
           FROM pg_replication_slots WHERE NOT temporary
          ORDER BY retained DESC NULLS LAST LIMIT 20`,
      );
      const [worst] = rows;
      const endangered = rows.filter(({ status }) => status === 'unreserved' || status === 'lost');
      const most = worst ? inWords(worst) : '';
      return {
        ...(worst ? { detail: most } : {}),
        readings: [
          told('postgres.slots.retained_bytes', Math.max(0, worst?.retained ?? 0), most),
          told(
            'postgres.slots.endangered',
            endangered.length,
            listed(endangered.map(({ slot, status }) => `${slot} is ${status}`)),
          ),
          ...rows.flatMap(ofSlot),
          ...leftovers(rows, ctx.keptLogs?.()),
        ],
      };
    }),
};

function ofSlot(row: Slot): Reading[] {
  const labels = { slot: row.slot };
  const readings: Reading[] = [];
  if (row.retained !== null) {
    const isAbandoned = !row.active && row.retained >= idleFloor;
    readings.push(
      {
        metric: 'postgres.slots.retained_bytes_by_slot',
        value: Math.max(0, row.retained),
        labels,
      },
      told('postgres.slots.abandoned', isAbandoned ? 1 : 0, isAbandoned ? inWords(row) : '', labels),
    );
  }
  if (row.safe !== null) readings.push({ metric: 'postgres.slots.safe_bytes', value: row.safe, labels });
  return readings;
}

/** Only where somebody says which backups there are. */
function leftovers(rows: readonly Slot[], plans: readonly LogKeeping[] | undefined): Reading[] {
  if (plans === undefined) return [];
  return rows.flatMap((row) => {
    if (!row.slot.startsWith(ownSlots)) return [];
    const isLeft = !row.active && isLeftover(row.slot, plans);
    const words = isLeft ? `${inWords(row)}, and no backup in upkeep.yaml reads it` : '';
    return [told('postgres.slots.leftover', isLeft ? 1 : 0, words, { slot: row.slot })];
  });
}

function inWords({ slot, kind, active, retained }: Slot): string {
  const state = active ? 'active' : 'inactive';
  return `${kind} slot ${slot} (${state}) keeps ${bytesInWords(Math.max(0, retained ?? 0))}`;
}
