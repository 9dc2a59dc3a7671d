import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ForecastRule } from '../rule.ts';
import { createForecastMemory } from './forecast.ts';

const rule: ForecastRule = {
  ...{ kind: 'forecast', id: 'disk.filling', metric: 'disk.used', direction: 'rising', limit: 100 },
  ...{ warning: 7 * 86_400_000, critical: 86_400_000, forMs: 0, clearForMs: 3_600_000 },
  ...{
    summary: 'full within days',
    levels: { warning: 'low', critical: 'medium' },
    runbook: '',
    enabled: true,
  },
};
const ok = { phase: 'ok', level: null } as const;
const firing = { phase: 'firing', level: 'critical' } as const;
const levelOf = (judged: ReturnType<ReturnType<typeof createForecastMemory>['take']>) =>
  'unknown' in judged ? 'unknown' : judged.level;

test('what is full at once was not foreseen: that is for its threshold to say', () => {
  const memory = createForecastMemory(rule);
  for (const at of [0, 1_000, 2_000]) memory.take({ at, value: 20, of: null, labels: {} }, ok);
  assert.equal(levelOf(memory.take({ at: 3_000, value: 100, of: null, labels: {} }, ok)), null);
});

test('a date that has come stays told while it is full, and not a moment longer', () => {
  const memory = createForecastMemory(rule);
  memory.take({ at: 0, value: 99, of: null, labels: {} }, firing);
  assert.equal(levelOf(memory.take({ at: 1_000, value: 100, of: null, labels: {} }, firing)), 'critical');
  assert.equal(levelOf(memory.take({ at: 2_000, value: 30, of: null, labels: {} }, firing)), null);
  assert.equal(levelOf(memory.take({ at: 3_000, value: 30, of: null, labels: {} }, firing)), null);
});
