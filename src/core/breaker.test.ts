import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closedBreaker, failed, longestOpenMs, stateOf, succeeded } from './breaker.ts';

test('it opens with the third failure in a row, tries again when the pause is over, and closes with a success', () => {
  let breaker = failed(failed(closedBreaker, 0, 1_000, '500'), 1_000, 2_000, '500');
  assert.equal(stateOf(breaker, 1_000), 'closed');
  breaker = failed(breaker, 3_000, 4_000, '503');
  assert.deepEqual([stateOf(breaker, 6_999), stateOf(breaker, 7_000)], ['open', 'half-open']);
  breaker = failed(breaker, 7_000, 8_000, 'ECONNREFUSED');
  assert.equal(breaker.openUntil, 15_000, 'a failed probe opens it again at once');
  breaker = succeeded(breaker, 15_000);
  assert.equal(stateOf(breaker, 15_000), 'closed');
  assert.deepEqual(breaker.lastFailure, { at: 7_000, detail: 'ECONNREFUSED' });
  assert.equal(breaker.lastSuccessAt, 15_000);
  assert.equal(
    stateOf(failed(breaker, 16_000, 1_000, '500'), 16_000),
    'closed',
    'one failure is one failure',
  );
});

test('however long a receiver asks to be left alone, others of its messages try after a minute', () => {
  let breaker = closedBreaker;
  for (let n = 0; n < 3; n++) breaker = failed(breaker, 0, 3_600_000, '429');
  assert.equal(breaker.openUntil, longestOpenMs);
});
