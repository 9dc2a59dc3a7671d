/** SLOs through the detector, minute by minute on a clock that is told the time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../test/simulation/fake-clock.ts';
import { minuteMs, startAt, startLoop, toySystem, toyTarget, up } from '../../../test/simulation/loop.ts';
import { burnRulesFor } from '../../core/burn-rate/objective.ts';
import type { ServiceSettings } from '../../core/configuration.ts';
import type { MaintenanceWindow } from '../../core/maintenance.ts';
import type { BurnRateRule } from '../../core/rule.ts';
import type { Outcome, Reading } from '../../core/sample.ts';
import { createDetector, type Detected } from '../detect.ts';
import type { Check, Observation } from '../observe.ts';
import { createPicture } from '../picture.ts';
import { createObjectives } from './index.ts';
import type { Past } from './past.ts';

const dayMs = 86_400_000;
const counted = {
  total: { target: 'web', metric: 'toy.requests' },
  bad: { target: 'web', metric: 'toy.errors', where: { code: '5xx' } },
};

function burnRule(changes: Partial<BurnRateRule> = {}): BurnRateRule {
  return {
    id: 'slo.burn-rate',
    kind: 'burn-rate',
    summary: 'burns',
    metric: 'slo.burn',
    where: { service: 'shop', objective: 'availability' },
    forMs: 0,
    clearForMs: 0,
    levels: { warning: 'low', critical: 'high' },
    runbook: '',
    enabled: true,
    service: 'shop',
    objective: 'availability',
    windows: burnRulesFor(30 * dayMs),
    leastBad: 0,
    ...changes,
  };
}

function world(slo: ServiceSettings['slo'], past?: Past) {
  const clock = fakeClock(startAt);
  const found: Detected[] = [];
  const target = toyTarget('web', { rules: [burnRule()], everyMs: minuteMs });
  const detector = createDetector({
    clock,
    picture: createPicture(),
    store() {},
    onDetected: (detected) => found.push(...detected),
    burning: (rule, at) => objectives.judge(rule, at),
  });
  const readings: Reading[] = [];
  const onReadings = (observation: Observation) => {
    if (observation.outcome.ok) readings.push(...observation.outcome.readings);
    detector.take(observation);
  };
  const objectives = createObjectives({ clock, onReadings, ...(past ? { past } : {}) });
  const bound = toySystem({ probe: async () => up }).bind({ name: 'web' }, { clock, folder: '/' });
  const topology = { needs: new Map(), servicesOf: new Map([['web', ['shop']]]) };
  const service: ServiceSettings = { name: 'shop', targets: ['web'], dependsOn: [], slo };
  objectives.replace({ targets: new Map([['web', { settings: target, bound, metrics: {} }]]), topology }, [
    service,
  ]);
  const probe = { id: 'toy.check', summary: '', liveness: true as const, metrics: {} };
  return {
    clock,
    objectives,
    found,
    readings,
    /** A minute passes, then this is observed. */
    async see(outcome: Outcome) {
      await objectives.settled();
      await clock.runUntil(clock.now() + minuteMs);
      const check: Check = {
        id: 'c',
        target,
        probe,
        everyMs: minuteMs,
        timeoutMs: 1,
        run: async () => outcome,
      };
      const observation = { check, outcome, at: clock.now(), tookMs: 1 };
      detector.take(observation);
      objectives.take(observation);
    },
  };
}

/** 200 requests/s that rise and fall over the day, 0.02 % errors at rest. */
function traffic() {
  let [requests, errors, minute] = [0, 0, 0];
  return (share = 0.0002): Outcome => {
    const events = 200 * 60 * (1 + 0.5 * Math.sin((2 * Math.PI * minute++) / 1_440));
    requests += events;
    errors += events * share;
    return {
      ok: true,
      readings: [
        { metric: 'toy.requests', value: requests },
        { metric: 'toy.errors', value: errors, labels: { code: '5xx' } },
        { metric: 'toy.errors', value: requests, labels: { code: '2xx' } },
      ],
    };
  };
}

// Error share, minutes of it, page after, page gone after: measured with other code (formula: 0.001 / error x 1 h x 14.4).
for (const [error, minutes, detect, reset] of [
  [1, 60, 1, 29],
  [0.1, 60, 8, 28],
  [0.05, 180, 17, 26],
  [0.02, 180, 42, 20],
  [0.01, 400, 169, 12],
] as const) {
  test(`${error * 100} % errors page after ${detect} min through the detector, and the page ends ${reset} min after them`, async () => {
    const { see, found, clock } = world({ availability: 0.999, events: counted });
    const next = traffic();
    for (let i = 0; i < 4 * 1_440; i++) await see(next());
    assert.deepEqual(found.splice(0), [], 'the base error pages nobody');
    const from = clock.now();
    for (let i = 0; i < minutes; i++) await see(next(error));
    const to = clock.now();
    for (let i = 0; i < 120; i++) await see(next());
    const page = found.find(
      ({ state, transition }) => transition !== 'resolved' && state.level === 'critical',
    );
    const gone = found.findLast(({ transition }) => transition === 'lowered' || transition === 'resolved');
    const [detected, ended] = [page?.at ?? 0, gone?.at ?? 0].map((at, i) => (at - [from, to][i]!) / minuteMs);
    assert.ok(Math.abs((detected ?? 0) - detect) <= (error === 0.01 ? 12 : 1), `page after ${detected} min`);
    assert.ok(Math.abs((ended ?? 0) - reset) <= 3, `page gone after ${ended} min`);
    assert.match(page?.reason ?? '', /limit (14\.4|6)x/);
  });
}

test('0.2 % errors for 1300 minutes page nobody', async () => {
  const { see, found } = world({ availability: 0.999, events: counted });
  const next = traffic();
  for (let i = 0; i < 1_440; i++) await see(next());
  for (let i = 0; i < 1_300; i++) await see(next(0.002));
  assert.deepEqual(
    found.filter(({ state }) => state.level === 'critical'),
    [],
  );
});

const down: Outcome = { ok: false, why: 'refused', detail: 'ECONNREFUSED' };
const window: MaintenanceWindow = {
  name: 'move',
  what: 'move',
  starts: new Date(startAt + 60 * minuteMs).toISOString().slice(0, 16),
  timezone: 'UTC',
  durationMs: 30 * minuteMs,
  rrule: null,
  targets: ['web'],
  services: [],
  impact: null,
  actionRequired: null,
  notify: [],
  noticeBeforeMs: 0,
  isExcludedFromSlo: true,
  createdBy: null,
};

test('by time: an outage pages at once, and one within a maintenance window burns nothing', async () => {
  for (const isPlanned of [true, false]) {
    const { see, found, objectives } = world({ availability: 0.999 });
    if (isPlanned) objectives.exclude([window]);
    for (let i = 0; i < 62; i++) await see(up);
    for (let i = 0; i < 20; i++) await see(down);
    assert.equal(found.filter(({ state }) => state.level === 'critical').length, isPlanned ? 0 : 1);
    assert.equal(objectives.states()[0]?.budget?.spent === 0, isPlanned);
  }
});

test('how it burns now is of the short window, and what is drawn is what is judged', async () => {
  const { see, objectives, readings } = world({ availability: 0.999 });
  for (let i = 0; i < 10; i++) await see(up);
  for (let i = 0; i < 6; i++) await see(down);
  const burning = objectives.states()[0];
  assert.equal(burning?.budget?.burnNow, burning?.judgement.rules[0]?.short.burn);
  assert.ok((burning?.budget?.burnNow ?? 0) > 900, 'all of five minutes is bad');
  assert.ok((burning?.budget?.exhaustedAt ?? 0) > 0);
  for (let i = 0; i < 12; i++) await see(up);
  const [over] = objectives.states();
  assert.equal(over?.budget?.burnNow, 0);
  assert.equal(over?.budget?.exhaustedAt, null, 'nothing was bad lately: it lasts');
  const drawn = readings.findLast(({ metric }) => metric === 'slo.burn')?.value ?? Number.NaN;
  assert.ok(drawn > 10 && Math.abs(drawn - (over?.judgement.rules[0]?.long.burn ?? 0)) < drawn / 10);
});

test('of requests, what is known leaves out the windows that count for nothing, as by time', async () => {
  const { see, objectives } = world({ availability: 0.999, events: counted });
  objectives.exclude([window]);
  const next = traffic();
  for (let i = 0; i < 90; i++) await see(next());
  const known = objectives.states()[0]?.budget?.measuredMs ?? 0;
  assert.ok(Math.abs(known - 60 * minuteMs) <= 2 * minuteMs, `${known / minuteMs} min`);
});

test('a window that is planned after the fact takes what was counted back', async () => {
  const past: Past = { history: async () => [], range: async () => [], covered: async () => [] };
  const { see, objectives } = world({ availability: 0.999 }, past);
  for (let i = 0; i < 62; i++) await see(up);
  for (let i = 0; i < 20; i++) await see(down);
  assert.ok((objectives.states()[0]?.budget?.spent ?? 0) > 0.4);
  objectives.exclude([window]);
  await objectives.settled();
  assert.equal(objectives.states()[0]?.budget, null, 'the store of this test kept nothing');
});

test('after a start the budget is learned from the store; until then nothing is said', async () => {
  const past: Past = {
    range: async () => [],
    history: async () => [],
    async covered({ from, to, stepMs = minuteMs }) {
      const steps = [];
      for (let at = from; at < to; at += stepMs) {
        const heldMs = at > startAt - 20 * minuteMs ? 0 : stepMs;
        steps.push({ at, count: 1, measuredMs: stepMs, heldMs });
      }
      return [{ labels: {}, count: 1, measuredMs: to - from, heldMs: 0, steps }];
    },
  };
  const { see, found, objectives } = world({ availability: 0.999 }, past);
  assert.equal(objectives.states()[0]?.judgement.state, 'unknown');
  await see(down);
  assert.deepEqual(
    found.map(({ transition, state }) => [transition, state.level]),
    [['fired', 'critical']],
  );
  const spent = objectives.states()[0]?.budget?.spent ?? 0;
  assert.ok(Math.abs(spent - 20 / 43.2) < 0.02, `20 minutes of 43.2 are spent: ${spent}`);
  assert.deepEqual(objectives.frozen(), []);
});

test('a budget that is spent freezes changes, as its policy says', async () => {
  for (const policy of [undefined, [{ below: 0.5, do: 'notify' as const }]]) {
    const { see, objectives } = world({ availability: 0.999, ...(policy ? { policy } : {}) });
    await see(up);
    for (let i = 0; i < 50; i++) await see(down);
    assert.deepEqual(objectives.frozen(), policy ? [] : ['shop']);
  }
});

test('in the whole loop a burning budget opens an incident at the target that bears the service', async () => {
  let isDown = false;
  const service: ServiceSettings = {
    name: 'shop',
    targets: ['web'],
    dependsOn: [],
    slo: { availability: 0.999 },
  };
  const loop = await startLoop({
    targets: [toyTarget('web', { rules: [burnRule()] })],
    probe: async () => (isDown ? down : up),
    configuration: { services: [service] },
  });
  await loop.pass(10 * minuteMs);
  assert.deepEqual(await loop.incidents(), []);
  isDown = true;
  await loop.pass(2 * minuteMs);
  const [incident] = await loop.incidents();
  assert.equal(incident?.lead, 'web');
  assert.equal(incident?.level, 'high');
  assert.deepEqual(incident?.services, ['shop']);
  await loop.end();
});
