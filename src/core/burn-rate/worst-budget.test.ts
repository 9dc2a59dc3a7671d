import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BudgetView, budgetNote, budgetWords, byNeed } from './worst-budget.ts';

const budget = (
  of: BudgetView['of'],
  left: number | null,
  burns: BudgetView['burns'] = null,
): BudgetView => ({
  ...{ of, left, burns, span: 'of 30 d' },
  share: left === null ? 'unknown' : `${left * 100} % left`,
});
const firstOf = (...budgets: BudgetView[]) => byNeed(budgets)[0]?.of;

test('the budget that is told is the one that calls somebody, then the one with the least left', () => {
  assert.equal(firstOf(budget('availability', 0.5), budget('latency', 0.1)), 'latency');
  assert.equal(firstOf(budget('availability', 0.5), budget('latency', 0.9)), 'availability');
  assert.equal(firstOf(budget('availability', 0.5), budget('latency', 0.97, 'page')), 'latency');
  assert.equal(firstOf(budget('availability', 0.5, 'ticket'), budget('latency', 0.97, 'page')), 'latency');
  assert.equal(
    firstOf(budget('availability', null), budget('latency', 1)),
    'latency',
    'known before unknown',
  );
});

test('it is named, and says when it burns too fast', () => {
  const burning = budget('latency', 0.5, 'page');
  assert.equal(budgetWords(burning), 'latency budget 50 % left, burns too fast');
  assert.equal(budgetNote(burning, 2), 'latency, of 30 d, burns too fast');
  assert.equal(budgetNote(budget('availability', 0.5), 1), 'of 30 d');
});
