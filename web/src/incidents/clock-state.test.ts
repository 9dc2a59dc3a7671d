import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockOf } from './clock-state.ts';

const limitMs = 300_000;

test('a clock says what is left, warns when little is, and tells by how much it was missed', () => {
  const at = (now: number, done: number | null = null) => clockOf({ limitMs, from: 0, at: done, now });
  assert.deepEqual([at(60_000).tone, at(60_000).words], ['low', '4 m left']);
  assert.equal(at(250_000).tone, 'warning');
  assert.deepEqual([at(360_000).tone, at(360_000).words], ['critical', 'over by 1 m']);
  assert.deepEqual([at(9e9, 120_000).tone, at(9e9, 120_000).words], ['ok', 'kept: 2 m']);
  assert.equal(at(9e9, 420_000).words, 'missed by 2 m');
});
