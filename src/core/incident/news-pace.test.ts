import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newsPace } from './news-pace.ts';

const minute = 60_000;

test('two changes are told at once, the next when the first of them is five minutes old', () => {
  assert.deepEqual(newsPace([], 0), { tell: 'now' });
  assert.deepEqual(newsPace([0], 1_000), { tell: 'now' });
  assert.deepEqual(newsPace([0, 1_000], 2_000), { tell: 'later', at: 5 * minute });
  assert.deepEqual(newsPace([0, 1_000], 5 * minute), { tell: 'now' });
  assert.deepEqual(newsPace([0, 1_000, 5 * minute], 5 * minute + 1), {
    tell: 'later',
    at: 5 * minute + 1_000,
  });
});
