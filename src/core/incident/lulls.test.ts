import assert from 'node:assert/strict';
import { test } from 'node:test';
import { learned } from '../learning.ts';
import { lullsWith, openMs } from './lulls.ts';
import { spansOf, timesOf } from './times.ts';

const secondMs = 1_000;
// Open for 40 s, 2 m 25 s and 8 m 40 s, as a database that was stopped three times.
const lulls = [
  { from: 40 * secondMs, to: 700 * secondMs },
  { from: 845 * secondMs, to: 1_600 * secondMs },
];
const incident = {
  openedAt: 0,
  acknowledgedAt: null,
  mitigatedAt: 1_700 * secondMs,
  resolvedAt: 2_120 * secondMs,
  findings: [],
  conduct: { reopened: 2, reopenedAt: 1_600 * secondMs, lulls },
};
const open = (40 + 145 + 520) * secondMs;

test('what came back was open for its spells, without the healthy time between them', () => {
  assert.equal(openMs({ ...incident, lulls }, 9_000_000), open);
  assert.equal(
    openMs({ ...incident, lulls, resolvedAt: null }, 1_610 * secondMs),
    (40 + 145 + 10) * secondMs,
  );
  assert.equal(openMs({ openedAt: 5, resolvedAt: 9 }, 20), 4);
});

test('the time to mitigate and to resolve leaves the healthy time out, in figures and in what is learned', () => {
  const alerts = [{ since: -5 * secondMs, firedAt: 0, resolvedAt: null, rule: 'toy.down', target: 'pg2' }];
  const spans = spansOf(timesOf(incident, alerts));
  assert.equal(spans.resolveMs, open + 5 * secondMs);
  assert.equal(spans.mitigateMs, (5 + 40 + 145 + 100) * secondMs);
  const known = learned(incident, alerts as unknown as Parameters<typeof learned>[1], []);
  assert.deepEqual([known.resolveMs, known.mitigateMs], [spans.resolveMs, spans.mitigateMs]);
});

test('each time that it is opened again one more is kept', () => {
  assert.deepEqual(lullsWith(incident, 2_200 * secondMs), [
    ...lulls,
    { from: 2_120 * secondMs, to: 2_200 * secondMs },
  ]);
});
