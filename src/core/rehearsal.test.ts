import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rehearse } from './rehearsal.ts';
import type { ThresholdRule } from './rule.ts';

const rule: ThresholdRule = {
  ...{ id: 'db.full', kind: 'threshold', metric: 'db.used', summary: '', runbook: '', enabled: true },
  ...{ direction: 'above', warning: 50, critical: 90, forMs: 0, clearForMs: 0, hysteresis: 0 },
  levels: { warning: 'medium', critical: 'high' },
};
const play = (...values: number[]) =>
  rehearse({
    rule,
    series: [{ labels: {}, points: values.map((value, at) => ({ at, value })) }],
    to: 100,
  }).map(({ firedAt, resolvedAt, unknownSince }) => [firedAt, resolvedAt, unknownSince]);

test('an alert whose values tell nothing any more is unknown since then, not open to the end', () => {
  const gap = Number.NaN;
  assert.deepEqual(play(10, 80, gap, gap), [[1, null, 2]]);
  assert.deepEqual(play(10, 80, gap, 80), [[1, null, undefined]], 'it is judged again');
  assert.deepEqual(play(10, 80, gap, 10, gap), [[1, 3, undefined]], 'it was seen to end');
});
