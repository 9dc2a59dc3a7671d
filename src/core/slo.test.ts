import assert from 'node:assert/strict';
import { test } from 'node:test';
import { availability, budgetLeft } from './slo.ts';

test('an unmeasured service has no availability and no budget', () => {
  assert.equal(availability({ good: 0, bad: 0 }), null);
  assert.equal(budgetLeft({ good: 0, bad: 0 }, 0.999), null);
});
test('the budget is the share of allowed failures that is left', () => {
  assert.equal(budgetLeft({ good: 1_000, bad: 0 }, 0.99), 1);
  assert.ok(Math.abs((budgetLeft({ good: 995, bad: 5 }, 0.99) ?? 0) - 0.5) < 1e-9);
  assert.ok((budgetLeft({ good: 98, bad: 2 }, 0.99) ?? 0) < 0);
});
test('an objective of 100 % has no budget to lose', () => {
  assert.equal(budgetLeft({ good: 9, bad: 1 }, 1), -1);
  assert.equal(budgetLeft({ good: 9, bad: 0 }, 1), 1);
});
