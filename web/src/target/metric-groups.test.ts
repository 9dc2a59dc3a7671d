import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetricView } from '../../../src/core/view.ts';
import { metricGroups } from './metric-groups.ts';

const metric = (name: string, rule?: string): MetricView => ({
  ...{ metric: name, summary: name, unit: 'count', kind: 'gauge', latest: [] },
  thresholds:
    rule === undefined ? [] : [{ rule, direction: 'above', warning: 1, critical: null, increaseMs: null }],
});

test('a page of few charts shows them all', () => {
  const few = [metric('a.x.one'), metric('a.x.two')];
  assert.deepEqual(metricGroups(few, new Set()), { leading: few, groups: [] });
});

test('a long page shows what fires and what is judged first, and folds the rest by family', () => {
  const many = [
    ...Array.from({ length: 9 }, (_, index) => metric(`db.wal.n${index}`, `db.rule-${index}`)),
    ...Array.from({ length: 4 }, (_, index) => metric(`db.buffer_pool.n${index}`)),
    metric('db.locks.held'),
    metric('db.deadlocks'),
    metric('db.slots.lost', 'db.lost'),
  ];
  const { leading, groups } = metricGroups(many, new Set(['db.lost']));
  assert.equal(leading[0]?.metric, 'db.slots.lost');
  assert.equal(leading.length, 7);
  assert.deepEqual(
    groups.map(({ name, metrics }) => [name, metrics.length]),
    [
      ['buffer pool', 4],
      ['wal', 3],
      ['others', 2],
    ],
  );
});
