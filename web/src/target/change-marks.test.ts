import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change } from '../../../src/core/change.ts';
import { changeMarks, markNear } from './change-marks.ts';

const change = (at: number): Change => ({
  ...{
    id: String(at),
    kind: 'deployment',
    target: 'db',
    service: null,
    summary: `at ${at}`,
    differences: [],
  },
  ...{ after: at, at, source: 'ci', isReported: true, url: null },
});

test('changes in the span are numbered from the oldest on, whatever their order', () => {
  const marks = changeMarks([change(9_000), change(5_000), change(99_000)], { from: 1_000, to: 10_000 });
  assert.deepEqual(
    marks.map(({ at, number }) => [at, number]),
    [
      [5, 1],
      [9, 2],
    ],
  );
  const many = changeMarks(
    Array.from({ length: 50 }, (_, index) => change(index)),
    { from: 0, to: 50 },
  );
  assert.deepEqual([many.length, many.at(-1)?.change.id], [20, '49']);
});

test('the mark under the pointer is the nearest one that is near', () => {
  const marks = changeMarks([change(5_000), change(9_000)], { from: 0, to: 10_000 });
  assert.equal(markNear(marks, 8, 2)?.number, 2);
  assert.equal(markNear(marks, 7, 2)?.number, 1);
  assert.equal(markNear(marks, 20, 2), undefined);
});
