import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSteady } from './steady.ts';

const pointsOf = (values: readonly (number | null)[]) =>
  values.map((value, index) => ({ at: index * 30_000, value }));

test('what was up and is down is not steady, nor is what was both within one step', () => {
  assert.equal(isSteady(pointsOf([1, 1, 0, 0]), 'state'), false);
  assert.equal(isSteady(pointsOf([0.455]), 'state'), false);
  assert.equal(isSteady(pointsOf([1, null, 1]), 'state'), true);
});

test('a quantity without a shift is steady; nothing stored is not', () => {
  assert.equal(isSteady(pointsOf([10, 12, 11]), 'count'), true);
  assert.equal(isSteady(pointsOf([null, null]), 'count'), false);
});
