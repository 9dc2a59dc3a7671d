import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planChange } from './plan-change.ts';

const sessions = (...pids: readonly number[]) => ({
  steps: [`SELECT pg_terminate_backend(pid) FROM (VALUES ${pids.map((pid) => `(${pid})`).join(', ')})`],
  subjects: pids.map((pid) => `session ${pid}`),
});
const many = Array.from({ length: 32 }, (_, index) => 100 + index);

test('one more session is told by number, not by its statement', () => {
  assert.equal(planChange(sessions(...many), sessions(...many)), undefined);
  assert.equal(
    planChange(sessions(...many), sessions(...many, 900)),
    'it is about 33 sessions instead of 32 by now',
  );
  assert.equal(
    planChange(sessions(1, 2), sessions(1, 3)),
    'of the 2 sessions that it is about 1 are others by now',
  );
});

test('steps are told word for word, and long ones cut', () => {
  assert.equal(
    planChange({ steps: ['set size 1 -> 2'] }, { steps: ['set size 5 -> 2'] }),
    'it would run set size 5 -> 2 instead of set size 1 -> 2 by now',
  );
  const told = planChange({ steps: ['a'.repeat(5_000)] }, { steps: ['b'.repeat(5_000)] }) ?? '';
  assert.match(told, /^it would run b{120}… \(4,880 more characters\) instead of a{120}…/);
  assert.ok(told.length < 400);
  assert.equal(
    planChange({ steps: ['a', 'b'] }, { steps: ['a'] }),
    'it would run nothing instead of b by now',
  );
});
