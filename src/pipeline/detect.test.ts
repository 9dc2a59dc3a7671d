import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../test/simulation/fake-clock.ts';
import { downRule, minuteMs, secondMs, startAt, threshold, toyTarget } from '../../test/simulation/loop.ts';
import type { AbsenceRule, Rule } from '../core/rule.ts';
import type { Labels, Missing, Outcome, Reading } from '../core/sample.ts';
import { createDetector, type Detected } from './detect.ts';
import type { Check } from './observe.ts';
import { createPicture } from './picture.ts';

const gauge = { summary: '', unit: 'count', kind: 'gauge' } as const;
const metrics = { 'toy.load': gauge, 'toy.slots': gauge, 'toy.errors': gauge };

function world(rules: readonly Rule[]) {
  const clock = fakeClock(startAt);
  const picture = createPicture();
  const found: Detected[] = [];
  const detector = createDetector({
    clock,
    picture,
    store() {},
    onDetected: (detected) => found.push(...detected),
  });
  let target = toyTarget('db', { rules });
  const probe = { id: 'toy.check', summary: '', liveness: true as const, metrics };
  const observe = (outcome: Outcome) => {
    const check: Check = {
      id: 'db/toy.check',
      target,
      probe,
      everyMs: 10_000,
      timeoutMs: 1_000,
      run: async () => outcome,
    };
    detector.take({ check, outcome, at: clock.now(), tookMs: 1 });
  };
  return {
    clock,
    detector,
    found,
    changes: () => found.splice(0).map(({ transition, state }) => [transition, state.level]),
    /** Ten seconds later. */
    async see(readings: readonly Reading[], missing: readonly Missing[] = []) {
      await clock.runUntil(clock.now() + 10 * secondMs);
      observe({ ok: true, readings, missing });
    },
    async fail() {
      await clock.runUntil(clock.now() + 10 * secondMs);
      observe({ ok: false, why: 'timeout', detail: 'no answer' });
    },
    reload(next: readonly Rule[]) {
      target = toyTarget('db', { rules: next });
      detector.retain(new Map([['db', next]]), clock.now());
    },
  };
}

const load = (value: number, labels?: Labels): Reading => ({
  metric: 'toy.load',
  value,
  ...(labels ? { labels } : {}),
});
const unseen = { metrics: ['toy.load'], reason: 'no grant', remedy: 'grant it' };

test('a series that is no longer reported is well again; one that could not be seen keeps its state', async () => {
  const { see, fail, changes } = world([threshold()]);
  await see([load(95, { disk: 'a' }), load(80, { disk: 'b' })]);
  assert.deepEqual(changes(), [
    ['fired', 'critical'],
    ['fired', 'warning'],
  ]);
  await see([], [unseen]);
  await fail();
  assert.deepEqual(changes(), [], 'unknown is neither well nor ill');
  await see([load(95, { disk: 'a' })]);
  assert.deepEqual(changes(), [['resolved', null]]);
});

test('a value that is no number is unknown, not well', async () => {
  const { see, changes } = world([threshold()]);
  await see([load(95)]);
  changes();
  await see([load(Number.NaN)]);
  assert.deepEqual(changes(), []);
  await see([load(10)]);
  assert.deepEqual(changes(), [['resolved', null]]);
});

test('a counter is judged by its increase over the window, through a reset, and is calm at a start', async () => {
  const rule = threshold({ metric: 'toy.errors', warning: 4, increaseMs: 30 * secondMs });
  delete (rule as { critical?: number }).critical;
  const { see, changes } = world([rule]);
  const errors = (value: number) => see([{ metric: 'toy.errors', value }]);
  await errors(1_000);
  await errors(1_001);
  await errors(1_002);
  assert.deepEqual(changes(), []);
  await errors(1_010);
  assert.deepEqual(changes(), [['fired', 'warning']]);
  await errors(1_010);
  await errors(1_010);
  await errors(1_010);
  assert.deepEqual(changes(), [['resolved', null]]);
  await errors(3);
  assert.deepEqual(changes(), [], 'what a restarted counter shows has come since');
  await errors(9);
  assert.deepEqual(changes(), [['fired', 'warning']]);
});

test('the second floor is that of the same labels, else of the whole target', async () => {
  const rule = threshold({ and: { metric: 'toy.slots', above: 5 } });
  const { see, found } = world([rule]);
  const slots = (value: number, labels?: Labels): Reading => ({
    metric: 'toy.slots',
    value,
    ...(labels ? { labels } : {}),
  });
  await see([
    slots(9, { role: 'a' }),
    slots(1, { role: 'b' }),
    load(95, { role: 'a' }),
    load(95, { role: 'b' }),
  ]);
  assert.deepEqual(
    found.splice(0).map(({ labels }) => labels),
    [{ role: 'a' }],
  );
  await see([slots(9), load(95, { role: 'a' }), load(95, { role: 'b' })]);
  assert.deepEqual(
    found.map(({ labels }) => labels),
    [{ role: 'b' }],
  );
});

test('what fired before a restart goes on under its fingerprint: raised, lowered, resolved, never fired again', async () => {
  const { see, changes, detector } = world([threshold()]);
  const state = {
    phase: 'firing' as const,
    level: 'warning' as const,
    since: startAt - minuteMs,
    wellSince: null,
    lastAt: startAt,
  };
  detector.restore([
    { fingerprint: 'toy.load|db|', rule: threshold(), target: 'db', labels: {}, state },
    { fingerprint: 'toy.load|db|disk="a"', rule: threshold(), target: 'db', labels: { disk: 'a' }, state },
  ]);
  await see([load(80), load(80, { disk: 'a' })]);
  assert.deepEqual(changes(), []);
  await see([load(95)]);
  assert.deepEqual(changes(), [
    ['raised', 'critical'],
    ['resolved', null],
  ]);
  await see([load(80)]);
  await see([load(10)]);
  assert.deepEqual(changes(), [
    ['lowered', 'warning'],
    ['resolved', null],
  ]);
});

test('a `for` that a restart cut off begins anew', async () => {
  const rule = threshold({ forMs: 25 * secondMs });
  const before = world([rule]);
  await before.see([load(95)]);
  await before.see([load(95)]);
  const after = world([rule]);
  await after.see([load(95)]);
  await after.see([load(95)]);
  assert.deepEqual(after.changes(), []);
  await after.see([load(95)]);
  await after.see([load(95)]);
  assert.deepEqual(after.changes(), [['fired', 'critical']]);
});

const absence: AbsenceRule = {
  ...downRule,
  kind: 'absence',
  id: 'toy.silent',
  metric: 'toy.load',
  forMs: minuteMs,
  critical: true,
};

test('absence fires by the clock alone, once, and ends with a sample', async () => {
  const { clock, see, changes } = world([absence]);
  await see([load(1)]);
  await clock.runUntil(clock.now() + 50 * secondMs);
  assert.deepEqual(changes(), []);
  await clock.runUntil(clock.now() + 5 * minuteMs);
  assert.deepEqual(changes(), [['fired', 'critical']]);
  await see([load(1)]);
  assert.deepEqual(changes(), [['resolved', null]]);
});

test('a clock set backwards delays neither absence nor recovery', async () => {
  const { clock, detector, see, changes } = world([absence, threshold({ clearForMs: 20 * secondMs })]);
  await see([load(95)]);
  changes();
  clock.setWall(clock.now() - 60 * minuteMs);
  detector.gap(clock.now());
  await see([load(5)]);
  await clock.runUntil(clock.now() + 25 * secondMs);
  assert.deepEqual(changes(), [['resolved', null]]);
  const later = world([absence]);
  await later.see([load(1)]);
  later.clock.setWall(later.clock.now() - 60 * minuteMs);
  later.detector.gap(later.clock.now());
  await later.clock.runUntil(later.clock.now() + 2 * minuteMs);
  assert.deepEqual(later.changes(), [['fired', 'critical']]);
});

test('recovery that must hold ends without another sample, as it was seen last', async () => {
  const { clock, see, found, changes } = world([threshold({ clearForMs: 30 * secondMs })]);
  await see([load(95)]);
  await see([{ ...load(10), about: { detail: '1 of 10' } }]);
  changes();
  await clock.runUntil(clock.now() + 31 * secondMs);
  assert.deepEqual([found[0]?.value, found[0]?.detail], [10, '1 of 10']);
  assert.deepEqual(changes(), [['resolved', null]]);
});

test('a changed threshold is applied to what fires: its level changes or it ends with the next sample', async () => {
  const { see, changes, reload } = world([threshold()]);
  await see([load(80)]);
  reload([threshold({ warning: 50, critical: 75 })]);
  await see([load(80)]);
  reload([threshold({ warning: 85, critical: 95 })]);
  await see([load(80)]);
  assert.deepEqual(changes(), [
    ['fired', 'warning'],
    ['raised', 'critical'],
    ['resolved', null],
  ]);
});

test('edited levels reach what fires with the next sample, once; levels put back before that change nothing', async () => {
  const { see, changes, reload, found } = world([threshold()]);
  const { levels } = threshold();
  await see([load(80)]);
  changes();
  reload([threshold({ levels: { ...levels, warning: 'critical' } })]);
  await see([load(80)]);
  assert.deepEqual(
    found.map(({ rule }) => rule.levels.warning),
    ['critical'],
  );
  assert.deepEqual(changes(), [['raised', 'warning']]);
  await see([load(80)]);
  reload([threshold()]);
  reload([threshold({ levels: { ...levels, warning: 'critical' } })]);
  await see([load(80)]);
  assert.deepEqual(changes(), []);
  reload([threshold({ levels: { ...levels, warning: 'low' } })]);
  await see([load(80)]);
  assert.deepEqual(changes(), [['lowered', 'warning']]);
});

for (const [name, next] of [
  ['disabled', [threshold({ enabled: false })]],
  ['gone', []],
  ['about another metric now', [threshold({ metric: 'toy.slots' })]],
] as const) {
  test(`what fires ends when its rule is ${name}`, async () => {
    const { see, changes, reload } = world([threshold()]);
    await see([load(95)]);
    changes();
    reload(next);
    assert.deepEqual(changes(), [['resolved', null]]);
    await see([load(95)]);
    assert.deepEqual(changes(), []);
  });
}

test('labels that a rule no longer covers end with the next sample', async () => {
  const { see, changes, reload } = world([threshold()]);
  await see([load(95, { disk: 'a' })]);
  reload([threshold({ where: { disk: 'b' } })]);
  await see([load(95, { disk: 'a' })]);
  assert.deepEqual(changes(), [
    ['fired', 'critical'],
    ['resolved', null],
  ]);
});
