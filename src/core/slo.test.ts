import assert from 'node:assert/strict';
import { test } from 'node:test';
import { availability, errorBudget } from './slo.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const measured = (measuredMs: number, badMs: number) => [{ measuredMs, badMs }];

test('an unmeasured service has no availability', () => {
  assert.equal(availability({ good: 0, bad: 0 }), null);
  assert.equal(availability({ good: 3, bad: 1 }), 0.75);
});

test('without measurements the budget is unknown, never full', () => {
  for (const none of [[], measured(0, 0)]) {
    const { left, share, span } = errorBudget(none, 0.999);
    assert.equal(left, null);
    assert.deepEqual([share, span], ['unknown', 'nothing measured of 30 d']);
  }
});

test('bad time is spent of what the whole period allows, however young the installation', () => {
  // 99.9 % of 30 days allow 43.2 minutes.
  const { left, share, span } = errorBudget(measured(2 * hour, 21.6 * minute), 0.999);
  assert.ok(Math.abs((left ?? 0) - 0.5) < 1e-9);
  assert.deepEqual([share, span], ['50 % left', 'measured over 2 h of 30 d']);
  assert.equal(errorBudget(measured(minute, 30_000), 0.999).share, '98 % left');
});

test('more bad time than allowed is spent, not a negative share', () => {
  const { left, share, span } = errorBudget(measured(2 * hour, 2 * hour), 0.999);
  assert.deepEqual([left, share, span], [0, 'spent', 'measured over 2 h of 30 d']);
});

test('a full period names no span that was measured, and what was measured before it does not count', () => {
  assert.equal(errorBudget(measured(29.9 * day, 0), 0.99).span, 'of 30 d');
  const { left } = errorBudget(measured(60 * day, 0.6 * day), 0.99);
  assert.ok(Math.abs(left ?? 1) < 1e-9, 'one percent of a month is all of 99 %');
});

test('what is touched never reads whole, and what is left never as none', () => {
  assert.equal(errorBudget(measured(day, 0), 0.999).share, '100 % left');
  assert.equal(errorBudget(measured(day, 1_000), 0.999).share, '99 % left');
  assert.equal(errorBudget(measured(day, 43 * minute), 0.999).share, 'under 1 % left');
});

test('an objective of 100 % has no budget to lose', () => {
  assert.equal(errorBudget(measured(day, 1_000), 1).share, 'spent');
  assert.equal(errorBudget(measured(day, 0), 1).share, '100 % left');
});

test('targets side by side share one span, each weighed by its time', () => {
  const both = errorBudget([...measured(10 * hour, 10 * minute), ...measured(10 * hour, 0)], 0.999);
  assert.equal(both.measuredMs, 10 * hour);
  assert.equal(both.left, errorBudget(measured(10 * hour, 5 * minute), 0.999).left);
});
