import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createEventCounts } from './event-counts.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

test('whole minutes count exactly as the list of events does, late ones and gaps too', () => {
  const event = fc.record({ at: fc.nat(2_000), bad: fc.boolean() });
  fc.assert(
    fc.property(fc.array(event), fc.nat(2_000), fc.nat(2_000), (events, a, b) => {
      const counts = createEventCounts(30 * day);
      for (const { at, bad } of events) counts.add(at * minute + 7_000, bad ? 0 : 1, bad ? 1 : 0);
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const inside = events.filter(({ at }) => at >= from && at < to);
      const bad = inside.filter((one) => one.bad).length;
      assert.deepEqual(counts.count(from * minute, to * minute), { good: inside.length - bad, bad });
      const first = events.length === 0 ? null : Math.min(...events.map(({ at }) => at)) * minute + 7_000;
      assert.equal(counts.since(), first);
    }),
  );
});

test('a period of 30 days is counted by hours beyond three days, each event once', () => {
  const counts = createEventCounts(30 * day);
  const start = 20_000 * day;
  for (let i = 0; i < 60 * 1_440; i++) counts.add(start + i * minute, 1, i % 10 === 0 ? 1 : 0);
  const now = start + 60 * day;
  assert.deepEqual(counts.count(now - hour, now), { good: 60, bad: 6 });
  assert.deepEqual(counts.count(now - 3 * day, now), { good: 4_320, bad: 432 });
  assert.deepEqual(counts.count(now - 10 * day, now), { good: 14_400, bad: 1_440 });
  assert.deepEqual(counts.count(now - 30 * day, now), { good: 43_200, bad: 4_320 });
  assert.deepEqual(counts.count(now - 30 * day, now - 10 * day), { good: 28_800, bad: 2_880 });
});
