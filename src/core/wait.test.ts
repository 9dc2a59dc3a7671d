import assert from 'node:assert/strict';
import { test } from 'node:test';
import { broughtForward, plannedBefore } from './wait.ts';

test('what a job counts from is brought forward with it, and nothing else', () => {
  assert.deepEqual(broughtForward({ beganAt: 5_000, pausedAt: null, step: 1, level: 'high' }, 2_000), {
    ...{ beganAt: 3_000, pausedAt: null, step: 1, level: 'high' },
  });
});

test('what was due just before the clock was set back was planned before, what is due soon after it was not', () => {
  const [now, byMs] = [10_000_000, 3_600_000];
  const dueThen = now + byMs;
  assert.ok(dueThen - 1_000 > plannedBefore(now, byMs));
  assert.ok(now + 120_000 < plannedBefore(now, byMs));
  assert.equal(plannedBefore(now, 30_000), now);
});
