import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { firstDue, firstLook, gapBetween, nextDue, phaseOf } from './schedule.ts';

test('the first run comes within one interval and on the grid', () => {
  const inputs = [
    fc.string(),
    fc.integer({ min: 1_000, max: 3_600_000 }),
    fc.integer({ min: 0, max: 2 ** 42 }),
  ] as const;
  fc.assert(
    fc.property(...inputs, (id, every, now) => {
      const due = firstDue(id, every, now);
      assert.ok(due >= now && due < now + every);
      assert.equal((due - phaseOf(id, every)) % every, 0);
    }),
  );
});

test('a seldom check has its first look within a minute of a start, an often one on its grid', () => {
  const inputs = [
    fc.string(),
    fc.integer({ min: 1_000, max: 86_400_000 }),
    fc.integer({ min: 0, max: 2 ** 42 }),
  ] as const;
  fc.assert(
    fc.property(...inputs, (id, every, now) => {
      const first = firstLook(id, every, now);
      assert.ok(first >= now && first < now + Math.min(every, 60_000) && first <= firstDue(id, every, now));
    }),
  );
  const spread = new Set(
    Array.from({ length: 100 }, (_, i) => firstLook(`target-${i}/host.updates`, 3_600_000, 0)),
  );
  assert.ok(spread.size > 80, 'seldom checks do not all start together');
});

test('the next run keeps the grid, is in the future, and skips what was missed', () => {
  const inputs = [fc.integer({ min: 1_000, max: 60_000 }), fc.integer({ min: 0, max: 10_000_000 })] as const;
  fc.assert(
    fc.property(...inputs, (every, late) => {
      const due = firstDue('db/postgres.activity', every, 1_000_000);
      const next = nextDue('db/postgres.activity', every, due + late);
      assert.ok(next > due + late);
      assert.ok(next <= due + late + every);
      assert.equal((next - due) % every, 0);
    }),
  );
});

test('phases of a thousand checks are spread evenly over the interval', () => {
  const buckets = new Array<number>(10).fill(0);
  for (let i = 0; i < 1_000; i++) buckets[Math.floor(phaseOf(`target-${i}/http.get`, 10_000) / 1_000)]! += 1;
  for (const count of buckets)
    assert.ok(count > 60 && count < 140, `a tenth of the interval has ${count} of 1000 checks`);
});

const before = { wall: 1_000_000, mono: 500, expectedWall: 1_001_000 };
test('clocks that agree and a wake-up in time are no gap', () => {
  assert.equal(gapBetween(before, { wall: 1_001_020, mono: 1_520 }, 5_000), null);
});
test('a wall clock that jumps forwards is a gap, and one that is set back says by how much', () => {
  assert.equal(gapBetween(before, { wall: 1_601_000, mono: 1_500 }, 5_000)?.why, 'clock-jump');
  assert.deepEqual(gapBetween(before, { wall: 401_000, mono: 1_500 }, 5_000), {
    ...{ from: 401_000, to: 1_001_000, why: 'clock-set-back' },
  });
});
test('a wake-up that comes minutes late is a sleep of the machine', () => {
  assert.equal(gapBetween(before, { wall: 1_301_000, mono: 301_500 }, 5_000)?.why, 'suspended');
});
