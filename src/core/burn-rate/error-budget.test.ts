import assert from 'node:assert/strict';
import { test } from 'node:test';
import { budgetOutlook, errorBudget, isReached } from './error-budget.ts';
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
const outlook = (count: CountBetween, since: number, burnNow: number | null = null) =>
  budgetOutlook({ objective, count, since, burnNow }, 40 * day);
const near = (actual: number | undefined, expected: number) =>
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-6, `${actual} is not ${expected}`);

test('an error rate as allowed spends the whole budget in the period, and a tenth of it in three days', () => {
  near(outlook(steady(0.01), 0)?.spent, 1);
  const young = outlook(steady(0.01, 37 * day), 37 * day, 1);
  near(young?.spent, 0.1);
  assert.equal(young?.measuredMs, 3 * day);
  assert.equal(young?.share, '90 % left');
  near(young?.burnNow ?? undefined, 1);
  assert.equal(young?.exhaustedAt, null, 'it lasts for ever');
});

test('the day of exhaustion follows from how it burns now', () => {
  const budget = outlook(steady(0.005), 0, 6);
  assert.equal(outlook(steady(0.005), 0, 0)?.exhaustedAt, null, 'nothing is bad now');
  near(budget?.left ?? undefined, 0.5);
  near(budget?.burnNow ?? undefined, 6);
  near((budget?.exhaustedAt ?? 0) / day, 42.5);
});

test('an overspent budget is exhausted now; an unmeasured one is unknown', () => {
  const budget = outlook(steady(0.02), 0);
  near(budget?.spent, 2);
  assert.equal(budget?.share, 'spent');
  assert.equal(budget?.exhaustedAt, 40 * day);
  assert.equal(
    outlook(() => ({ good: 0, bad: 0 }), 0),
    null,
  );
});

test('a step of the policy is reached when less than its share is left', () => {
  assert.equal(isReached(0.7, 'notify'), false);
  assert.equal(isReached(0.76, 'notify'), true);
  assert.equal(isReached(0.99, 'freeze'), false);
  assert.equal(isReached(1, 'freeze'), true);
  assert.equal(isReached(null, 'freeze'), false);
});

const minute = 60_000;
const measured = (measuredMs: number, badMs: number) => [{ measuredMs, badMs }];

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
