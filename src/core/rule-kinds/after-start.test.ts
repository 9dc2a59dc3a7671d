/** What the store kept is judged with the first value after a start, whatever step that falls into. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toyRule } from '../../../test/toy-rule.ts';
import type { ForecastRule, TrendRule } from '../rule.ts';
import { createForecastMemory } from './forecast.ts';
import { createTrendMemory } from './trend.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const forecast: ForecastRule = {
  ...toyRule,
  kind: 'forecast',
  direction: 'rising',
  limit: 100,
  warning: 72 * hourMs,
};
const trend: TrendRule = {
  ...toyRule,
  ...{ kind: 'trend', direction: 'rising', overMs: 6 * hourMs, least: 1, change: 0.5 },
  ...{ critical: false, isCounter: false },
};
const start = Date.parse('2026-11-01T00:00:00Z');
const calm = { phase: 'ok', level: null } as const;

test('a trend and a forecast are judged at once, not when their next step ends', () => {
  for (const offsetMs of [0, minuteMs, 4.9 * minuteMs]) {
    for (const memory of [createForecastMemory(forecast), createTrendMemory(trend)]) {
      const seen = (at: number) => ({ at, value: 20 + ((at - start) / hourMs) * 0.3, labels: {}, of: null });
      const now = start + 96 * hourMs + offsetMs;
      for (let at = start; at < now; at += minuteMs) memory.learn(seen(at));
      const judged = memory.take(seen(now), calm);
      assert.ok(!('unknown' in judged), JSON.stringify(judged));
    }
  }
});

test('without anything kept it stays unknown', () => {
  for (const memory of [createForecastMemory(forecast), createTrendMemory(trend)])
    assert.ok('unknown' in memory.take({ at: start, value: 20, labels: {}, of: null }, calm));
});
