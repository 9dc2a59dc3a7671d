import assert from 'node:assert/strict';
import { test } from 'node:test';
import { budgetLeftWords, metricOf } from './readings.ts';

test('what is left of an error budget is told as a share, overspent or not', () => {
  assert.equal(budgetLeftWords(0.12), '12 % of the error budget is left');
  assert.equal(budgetLeftWords(1), '100 % of the error budget is left');
  assert.equal(budgetLeftWords(0), 'all of the error budget is spent');
  assert.equal(budgetLeftWords(-1.75), 'all of the error budget is spent, and 175 % of it more');
});

test('what Upkeep counts of services has its unit on any target', () => {
  assert.equal(metricOf({}, 'slo.budget_left')?.unit, 'ratio');
  assert.equal(metricOf({}, 'toy.load'), undefined);
});
