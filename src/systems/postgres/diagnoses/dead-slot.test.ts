import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evidence } from '../../../core/evidence.ts';
import { deadSlot } from './dead-slot.ts';

const slots = (...rows: (string | number | boolean | null)[][]): Evidence => ({
  ...{ id: 'db.slots', title: 'Slots', how: 'SELECT', target: 'db', at: 0 },
  facts: { maxSlotWalKeepSize: '-1' },
  table: { columns: ['slot', 'kind', 'active', 'status', 'retainedBytes', 'leftover'], rows },
});

test('a slot of Upkeep that no backup reads is named however little it keeps, with the way to drop it', () => {
  const small = 1_048_576;
  const found = deadSlot.conclude(
    [
      slots(
        ['upkeep_shopplain', 'physical', false, 'reserved', small, true],
        ['upkeep_read', 'physical', true, 'reserved', small, true],
        ['upkeep_away', 'physical', false, 'reserved', small, false],
      ),
    ],
    'db',
  );
  assert.equal(found.length, 1);
  assert.equal(
    found[0]?.summary,
    'slot upkeep_shopplain is a leftover of Upkeep: no backup in upkeep.yaml reads it, and it keeps 1.0 MiB of WAL',
  );
  assert.deepEqual(found[0]?.recommendations, [
    {
      ...{ action: 'postgres.drop-replication-slot', target: 'db', input: { slot: 'upkeep_shopplain' } },
      why: 'no backup reads it any more and it keeps 1.0 MiB of WAL',
    },
  ]);
});
