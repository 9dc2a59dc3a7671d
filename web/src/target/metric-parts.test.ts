import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetricView } from '../../../src/core/view.ts';
import { partsOf } from './metric-parts.ts';

const threshold = (rule: string, warning: number, resource?: string): MetricView['thresholds'][number] => ({
  ...{ rule, direction: 'above', warning, critical: null, increaseMs: null },
  ...(resource === undefined ? {} : { where: { resource } }),
});

const pressure = (...thresholds: MetricView['thresholds']): MetricView => ({
  ...{ metric: 'host.pressure.some', summary: 'some work waited', unit: 'ratio', kind: 'gauge', thresholds },
  latest: ['cpu', 'io', 'irq'].map((resource) => ({ labels: { resource }, value: 0, at: 0 })),
});

test('what is judged by resource is a chart for each, and one for what nothing names', () => {
  const parts = partsOf(
    pressure(threshold('cpu', 0.4, 'cpu'), threshold('io', 0.2, 'io'), threshold('all', 0.9)),
  );
  assert.deepEqual(
    parts.map(({ name, metric }) => [name, metric.thresholds.map(({ rule }) => rule), metric.latest.length]),
    [
      ['cpu', ['cpu', 'all'], 1],
      ['io', ['io', 'all'], 1],
      [null, ['all'], 1],
    ],
  );
  assert.deepEqual(
    parts.map(({ isOfIt }) => isOfIt({ resource: 'io' })),
    [false, true, false],
  );
});

test('what has no value has no chart, and one rule alone parts nothing', () => {
  const parts = partsOf(pressure(threshold('cpu', 0.4, 'cpu'), threshold('memory', 0.2, 'memory')));
  assert.deepEqual(
    parts.map(({ name, metric }) => [name, metric.latest.length]),
    [
      ['cpu', 1],
      [null, 2],
    ],
  );
  assert.equal(partsOf(pressure(threshold('cpu', 0.4, 'cpu'))).length, 1);
});
