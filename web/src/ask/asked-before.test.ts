import assert from 'node:assert/strict';
import { test } from 'node:test';
import { movedText } from './answer-text.ts';
import { withQuestion } from './asked-before.ts';

test('a question asked again comes first, and only so many are kept', () => {
  assert.deepEqual(withQuestion(['a', 'b'], ' b '), ['b', 'a']);
  assert.deepEqual(withQuestion(['a'], '  '), ['a']);
  const many = Array.from({ length: 20 }, (_, index) => `q${index}`).reduce(withQuestion, [] as string[]);
  assert.deepEqual([many.length, many[0]], [8, 'q19']);
});

test('what moved reads with its units, from and to', () => {
  const moved = {
    ...{ target: 'web', metric: 'http.duration.total', summary: 'The whole answer', labels: { path: '/' } },
    ...{
      unit: 'seconds' as const,
      kind: 'latency' as const,
      onset: 0,
      ended: null,
      before: 0.04,
      after: 0.31,
      score: 9,
    },
  };
  assert.equal(movedText(moved), 'The whole answer of web (/) went from 40 ms to 310 ms');
});
