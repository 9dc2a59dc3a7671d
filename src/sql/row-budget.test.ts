import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifySql } from '../core/guard/sql/classify.ts';
import { type RowFacts, withinRows } from '../core/guard/sql/row-budget.ts';
import { sqlParser } from './parser.ts';

const parser = await sqlParser();
const keys = [['id'], ['tenant', 'number']];
const judged = (text: string, facts: Partial<RowFacts> = {}, budget?: number) =>
  withinRows(classifySql(text, parser), text, parser, { estimate: null, uniqueKeys: keys, ...facts }, budget);

test('a change by a unique key is of as many rows as it names', () => {
  for (const [text, rows] of [
    ['DELETE FROM orders WHERE id = 7', 1],
    ['UPDATE orders o SET paid = true WHERE o.id = $1 AND o.paid = false', 1],
    ['DELETE FROM orders WHERE id IN (1, 2, 3)', 3],
    ['DELETE FROM orders WHERE tenant = 4 AND number IN (1, 2)', 2],
  ] as const) {
    const found = judged(text);
    assert.equal(found.class, 'risky', text);
    assert.match(JSON.stringify(found.reasons), new RegExp(`changes ${rows} rows at most`), text);
  }
  assert.equal(judged('DELETE FROM orders WHERE id IN (1, 2, 3)', {}, 2).class, 'destructive');
});

test('what names no whole key goes by the estimate, and is destructive without one', () => {
  for (const text of [
    'DELETE FROM orders WHERE tenant = 4',
    "DELETE FROM orders WHERE state = 'old'",
    'DELETE FROM orders WHERE id = 7 OR id = 8',
    'DELETE FROM orders WHERE id = ANY ($1)',
    'DELETE FROM orders USING customers WHERE orders.id = 7',
    'WITH gone AS (DELETE FROM orders WHERE id = 7 RETURNING *) SELECT * FROM gone',
    'UPDATE orders SET paid = true WHERE id > 7 AND id < 9',
  ]) {
    assert.equal(judged(text).class, 'destructive', text);
    assert.match(judged(text).reason.text, /how many rows|WHERE/, text);
  }
  const byState = "DELETE FROM orders WHERE state = 'old'";
  assert.equal(judged(byState, { estimate: 80 }).class, 'risky');
  assert.equal(judged(byState, { estimate: 120 }).class, 'destructive');
  assert.equal(judged(byState, { estimate: Number.NaN }).class, 'destructive');
});

test('it never makes anything milder, and says nothing of what changes no rows', () => {
  assert.equal(judged('DELETE FROM orders', { estimate: 1 }).class, 'destructive');
  assert.equal(judged("COPY orders TO PROGRAM 'x'", { estimate: 1 }).class, 'forbidden');
  assert.equal(judged('SELECT 1').class, 'read');
  assert.equal(judged('CREATE INDEX CONCURRENTLY a ON orders (id)').class, 'risky');
});
