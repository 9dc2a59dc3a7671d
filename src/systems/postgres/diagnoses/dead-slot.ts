import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, tableOf, textOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { PostgresConnection } from '../client.ts';
import { bytesInWords } from '../in-words.ts';
import { look } from './evidence.ts';

const slotsSql = `
SELECT s.slot_name AS slot, s.slot_type AS kind, s.database, s.active, s.wal_status AS status,
       pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END,
                       s.restart_lsn)::float8 AS "retainedBytes",
       s.safe_wal_size::float8 AS "safeBytes",
       extract(epoch FROM clock_timestamp() - (to_jsonb(s)->>'inactive_since')::timestamptz)::float8 AS "inactiveSeconds"
  FROM pg_replication_slots s WHERE NOT s.temporary ORDER BY "retainedBytes" DESC NULLS LAST LIMIT 20`;
const slotColumns = [
  'slot',
  'kind',
  'database',
  'active',
  'status',
  'retainedBytes',
  'safeBytes',
  'inactiveSeconds',
] as const;
/** `leftover` by what the check of the slots found: the server does not know which backups there are. */
const columns = [...slotColumns, 'leftover'] as const;

/** Four segments of 16 MiB: what check_postgres gives as an example of much (replication_slots, 64 MB). */
const muchBytes = 64 * 1_048_576;

export const deadSlot: Diagnosis<PostgresConnection> = {
  id: 'postgres.dead-slot',
  title: 'an unused replication slot keeps the log',
  summary: 'A replication slot that nobody uses keeps the write-ahead log from being removed',
  explains: [
    'postgres.slot-retention',
    'postgres.slot-endangered',
    'postgres.slot-abandoned',
    'postgres.slot-leftover',
    'postgres.wal-size',
    'postgres.horizon',
    'postgres.dead-tuples',
    'postgres.disk-full-soon',
    'postgres.wraparound',
    'postgres.wraparound-soon',
  ],
  gather: async (conn, target, ctx) => [
    await look(
      conn.work,
      target,
      ctx,
      { id: 'slots', title: 'Replication slots and the WAL kept for them', how: slotsSql.trim() },
      async (query) => {
        const left = ctx
          .latest(target, 'postgres.slots.leftover')
          .flatMap(({ labels, value }) => (value === 1 ? (labels.slot ?? []) : []));
        const found =
          await query<Record<(typeof slotColumns)[number], string | number | boolean | null>>(slotsSql);
        const rows = found.map((row) => ({ ...row, leftover: left.includes(textOf(row.slot)) }));
        const [keep] = await query<{ keep: string }>(
          `SELECT current_setting('max_slot_wal_keep_size') AS keep`,
        );
        return { facts: { maxSlotWalKeepSize: keep?.keep ?? null }, table: tableOf(columns, rows) };
      },
    ),
  ],
  conclude,
};

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const slots = find(evidence, target, 'slots');
  const rows = rowsOf(slots);
  const isUnlimited = slots?.facts?.maxSlotWalKeepSize === '-1';
  const retained = rows.map((row) => numberOf(row.retainedBytes));
  return rows.flatMap((row): Finding[] => {
    const bytes = numberOf(row.retainedBytes);
    const isLost = row.status === 'lost';
    const isLeft = row.leftover === true;
    if (row.active !== false || !(isLost || isLeft || bytes >= muchBytes)) return [];
    const name = textOf(row.slot);
    const kept = isLost ? 'its WAL is lost already' : `keeps ${bytesInWords(bytes)} of WAL`;
    const others = retained.filter((other) => other >= bytes).length;
    return [
      {
        id: 'postgres.dead-slot',
        target,
        summary: isLeft
          ? `slot ${name} is a leftover of Upkeep: no backup in upkeep.yaml reads it, and it ${kept}`
          : `nobody uses the ${textOf(row.kind)} slot ${name}, which ${kept}`,
        explanation: [
          `Slot ${name} is inactive, and the server keeps everything that was written since for whoever comes back to it.`,
          isLost
            ? 'It was invalidated: nobody can go on from it, so it is of no use any more.'
            : isUnlimited
              ? 'max_slot_wal_keep_size is not set, so it grows until the disk is full. Never delete files in pg_wal.'
              : `max_slot_wal_keep_size = ${textOf(slots?.facts?.maxSlotWalKeepSize)} bounds it.`,
          isLeft
            ? 'Upkeep made it for a backup that is not declared any more; drop it, or put the backup back and it goes on where it ended.'
            : 'Where its standby or subscriber is gone for good, drop the slot; where it comes back, start it.',
        ].join(' '),
        // That it is inactive and keeps the most is seen; that its user is gone for good is not.
        confidence: isLeft ? 0.95 : isLost ? 0.7 : others <= 1 ? 0.9 : 0.8,
        evidence: slots === undefined ? [] : [slots.id],
        unseen: [
          isLeft
            ? `whether another Upkeep, which is down now, reads from slot ${name}`
            : `whether whoever used slot ${name} comes back: only people know`,
        ],
        recommendations: [
          {
            action: 'postgres.drop-replication-slot',
            target,
            input: { slot: name },
            why: isLeft ? `no backup reads it any more and it ${kept}` : `nobody uses it and it ${kept}`,
          },
        ],
      },
    ];
  });
}
