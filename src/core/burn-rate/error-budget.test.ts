import assert from 'node:assert/strict';
import { test } from 'node:test';
import { budgetOutlook, policyStep } from './error-budget.ts';
import type { CountBetween } from './objective.ts';

const hour = 3_600_000;
const day = 24 * hour;
const objective = { target: 0.99, periodMs: 30 * day };
const steady =
  (share: number, since = 0): CountBetween =>
  (from, to) => {
    const events = Math.max(0, to - Math.max(from, since)) / 1_000;
    return { good: events * (1 - share), bad: events * share };
  };
const near = (actual: number | undefined, expected: number) =>
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-6, `${actual} is not ${expected}`);

test('an error rate as allowed spends the whole budget in the period, and a tenth of it in three days', () => {
  near(budgetOutlook(objective, steady(0.01), 0, 40 * day)?.spent, 1);
  const young = budgetOutlook(objective, steady(0.01, 37 * day), 37 * day, 40 * day);
  near(young?.spent, 0.1);
  assert.equal(young?.measuredMs, 3 * day);
  assert.equal(young?.share, '90 % left');
  near(young?.burnNow ?? undefined, 1);
  assert.equal(young?.exhaustedAt, null, 'it lasts for ever');
});

test('the day of exhaustion follows from the last hour', () => {
  const count: CountBetween = (from, to) => steady(to - from <= hour ? 0.06 : 0.005)(from, to);
  const budget = budgetOutlook(objective, count, 0, 40 * day);
  near(budget?.left ?? undefined, 0.5);
  near(budget?.burnNow ?? undefined, 6);
  near((budget?.exhaustedAt ?? 0) / day, 42.5);
});

test('an overspent budget is exhausted now; an unmeasured one is unknown', () => {
  const budget = budgetOutlook(objective, steady(0.02), 0, 40 * day);
  near(budget?.spent, 2);
  assert.equal(budget?.share, 'spent');
  assert.equal(budget?.exhaustedAt, 40 * day);
  assert.equal(
    budgetOutlook(objective, () => ({ good: 0, bad: 0 }), 0, 40 * day),
    null,
  );
});

test('the policy names the furthest step reached', () => {
  const stage = (share: number) => policyStep(budgetOutlook(objective, steady(share), 0, 40 * day))?.stage;
  assert.equal(stage(0.005), undefined);
  assert.equal(stage(0.008), 'review');
  assert.equal(stage(0.011), 'freeze');
  assert.equal(policyStep(null), null);
});
