import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../test/simulation/fake-clock.ts';
import { minuteMs, startAt, threshold, toyTarget } from '../../../test/simulation/loop.ts';
import type { AnomalyRule, ForecastRule, NewRule, Rule, RuleBase, TrendRule } from '../../core/rule.ts';
import type { Reading } from '../../core/sample.ts';
import { createDetector, type Detected } from '../detect.ts';
import type { Check } from '../observe.ts';
import { createPicture } from '../picture.ts';
import type { History, HistorySpan, Kept } from './history.ts';

const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const base: RuleBase = {
  id: 'toy.x',
  summary: 'x',
  metric: 'toy.load',
  forMs: 0,
  clearForMs: 0,
  levels: { warning: 'low', critical: 'high' },
  runbook: '',
  enabled: true,
};
const forecast: ForecastRule = {
  ...base,
  kind: 'forecast',
  direction: 'rising',
  limit: 100,
  warning: 3 * dayMs,
  critical: 12 * hourMs,
};
const anomaly: AnomalyRule = { ...base, kind: 'anomaly', direction: 'above', isCounter: false };
const trend: TrendRule = {
  ...base,
  clearForMs: 2 * hourMs,
  kind: 'trend',
  direction: 'rising',
  overMs: 6 * hourMs,
  least: 1,
  change: 0.5,
  critical: false,
  isCounter: true,
};
const fresh: NewRule = {
  ...base,
  kind: 'new',
  label: 'statement',
  learnMs: dayMs,
  holdMs: hourMs,
  critical: false,
};

const gauge = { summary: '', unit: 'count', kind: 'gauge' } as const;

function world(rule: Rule, history?: History) {
  const clock = fakeClock(startAt);
  const found: Detected[] = [];
  const detector = createDetector({
    clock,
    picture: createPicture(),
    store() {},
    onDetected: (detected) => found.push(...detected),
    ...(history ? { history } : {}),
  });
  const probe = {
    id: 'toy.check',
    summary: '',
    liveness: true as const,
    metrics: { 'toy.load': gauge, 'toy.slots': gauge },
  };
  const target = toyTarget('db', { rules: [rule] });
  return {
    clock,
    detector,
    changes: () =>
      found
        .splice(0)
        .map(({ transition, state, at }) => [transition, state.level, Math.round((at - startAt) / hourMs)]),
    found,
    async see(...readings: Reading[]) {
      const outcome = { ok: true as const, readings };
      const check: Check = {
        id: 'c',
        target,
        probe,
        everyMs: 300_000,
        timeoutMs: 1_000,
        run: async () => outcome,
      };
      detector.take({ check, outcome, at: clock.now(), tookMs: 1 });
      await detector.learned();
      await clock.runUntil(clock.now() + 5 * minuteMs);
    },
  };
}
const load = (value: number, labels?: Record<string, string>): Reading => ({
  metric: 'toy.load',
  value,
  ...(labels ? { labels } : {}),
});

/** Rises by 5 of 100 a day with a saw-tooth of a day upon it. */
const filling = (at: number) => 40 + ((at - startAt) / dayMs) * 5 + (((at - startAt) % dayMs) / dayMs) * 2;

test('a slow fill warns three days ahead and is critical half a day ahead, over the saw-tooth', async () => {
  const { see, clock, changes } = world(forecast);
  while (filling(clock.now()) < 99) await see(load(filling(clock.now())));
  const seen = changes();
  assert.deepEqual(seen.map(([transition, level]) => [transition, level]).slice(0, 2), [
    ['fired', 'warning'],
    ['raised', 'critical'],
  ]);
  const fullAt = ((100 - 40) / 5) * 24;
  const warned = Number(seen[0]?.[2]);
  assert.ok(fullAt - warned > 40 && fullAt - warned < 100, `warned ${fullAt - warned} h before it is full`);
});

test('after a start a forecast knows the week from the store and fires with the first value', async () => {
  const asked: HistorySpan[] = [];
  const history: History = async (span): Promise<Kept[]> => {
    asked.push(span);
    const points = [];
    for (let at = span.from; at <= span.to; at += span.stepMs)
      points.push({ at, value: 90 + ((at - startAt) / dayMs) * 5 });
    return [{ labels: {}, points }];
  };
  const { see, changes } = world(forecast, history);
  await see(load(90.2));
  assert.deepEqual(changes(), [], 'what comes while it learns is not judged');
  await see(load(90.4));
  assert.deepEqual(
    changes().map(([transition, level]) => [transition, level]),
    [['fired', 'warning']],
  );
  assert.equal(asked.length, 1);
});

test('an alert of a forecast says when it is full', async () => {
  const { see, clock, found } = world(forecast);
  while (filling(clock.now()) < 92) await see(load(filling(clock.now())));
  assert.match(found[0]?.detail ?? '', /^runs out in .*, as the peaks of the days rise$/);
  assert.ok(
    (found[0]?.value ?? 0) > 0 && (found[0]?.value ?? 0) <= (3 * dayMs) / 1_000,
    'seconds until then',
  );
});

test('an unknown forecast neither fires nor ends anything', async () => {
  const { see, changes, detector } = world(forecast);
  await see(load(99));
  await see(load(99));
  assert.deepEqual(changes(), []);
  assert.equal(detector.unknown(forecast, 'db', {}), 'less than two days are known');
});

test('an anomaly warms up for a day, then warns and is never critical', async () => {
  const { see, clock, changes, detector } = world(anomaly);
  const calm = () => 50 + 5 * Math.sin(clock.now() / hourMs) + ((clock.now() / 7) % 1);
  for (let i = 0; i < 100; i++) await see(load(calm()));
  assert.match(detector.unknown(anomaly, 'db', {}) ?? '', /warming up/);
  for (let i = 0; i < 500; i++) await see(load(calm()));
  assert.deepEqual(changes(), []);
  for (let i = 0; i < 12; i++) await see(load(400));
  for (let i = 0; i < 12; i++) await see(load(calm()));
  assert.deepEqual(
    changes().map(([transition, level]) => [transition, level]),
    [
      ['fired', 'warning'],
      ['resolved', null],
    ],
  );
});

test('a counter that grows faster and faster is a trend; one that grows steadily is none', async () => {
  for (const [growth, expected] of [
    [0, 0],
    [1, 1],
  ] as const) {
    const { see, changes } = world(trend);
    let counter = 0;
    for (let i = 0; i < 70; i++) {
      counter += (20 + growth * i) * 300 * (0.7 + ((i * 7_919) % 13) / 20);
      await see(load(counter));
    }
    const fired = changes().filter(([transition]) => transition === 'fired');
    assert.equal(fired.length, expected, `growth ${growth}`);
  }
});

test('a statement never seen before is told of for an hour, after a day of learning', async () => {
  const { see, changes, found } = world(fresh);
  const known = load(3, { statement: 'select a' });
  for (let i = 0; i < 300; i++) await see(known);
  assert.deepEqual(changes(), []);
  for (let i = 0; i < 20; i++) await see(known, load(1, { statement: 'drop b' }));
  assert.deepEqual(
    found.map(({ transition, labels }) => [transition, labels.statement]),
    [
      ['fired', 'drop b'],
      ['resolved', 'drop b'],
    ],
  );
  assert.equal(found[0]?.detail, 'statement "drop b": never seen before');
});

test('what is new is named in one line, without what steers a terminal, and not by the page', async () => {
  const { see, found } = world(fresh);
  for (let i = 0; i < 300; i++) await see(load(3, { statement: 'select a' }));
  await see(load(1, { statement: `drop\n\u001b[31m${'b'.repeat(500)}` }));
  const { detail = '' } = found[0] ?? {};
  assert.match(detail, /^statement "drop \[31mb+…": never seen before$/);
  assert.ok(detail.length < 200);
});

test('what is new and little is told once it takes its share, and what was always there never is', async () => {
  const { see, changes, found } = world({ ...fresh, least: 10 });
  const known = load(1, { statement: 'select a' });
  for (let i = 0; i < 3_000; i++) await see(known);
  await see(load(50, { statement: 'select a' }));
  assert.deepEqual(changes(), [], 'it was known when it grew');
  await see(load(2, { statement: 'select b' }));
  assert.deepEqual(changes(), [], 'it is new, and little');
  await see(load(12, { statement: 'select b' }));
  assert.deepEqual(
    found.map(({ transition, labels }) => [transition, labels.statement]),
    [['fired', 'select b']],
  );
});

test('a share of a maximum is judged, and unknown while the maximum is', async () => {
  const { see, changes } = world(threshold({ of: 'toy.slots', warning: 0.8, critical: 0.9 }));
  await see(load(95));
  assert.deepEqual(changes(), []);
  await see({ metric: 'toy.slots', value: 100 }, load(95));
  assert.deepEqual(
    changes().map(([transition, level]) => [transition, level]),
    [['fired', 'critical']],
  );
});
