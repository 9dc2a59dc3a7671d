import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inTimeOrder } from './timeline.ts';

const ordered = (...times: number[]) =>
  inTimeOrder(times.map((at, seq) => ({ at, seq }))).map(({ at }) => at);

test('what was written a little late stands where it happened; of one moment the order of writing stays', () => {
  assert.deepEqual(ordered(1_000, 63_000, 60_000, 64_000), [1_000, 60_000, 63_000, 64_000]);
  assert.deepEqual(
    inTimeOrder([
      { at: 5, seq: 2 },
      { at: 5, seq: 1 },
    ]).map(({ seq }) => seq),
    [1, 2],
  );
});

test('after a clock was set back the order of writing stays', () => {
  assert.deepEqual(ordered(3_600_000, 3_700_000, 100_000, 110_000), [3_600_000, 3_700_000, 100_000, 110_000]);
});
