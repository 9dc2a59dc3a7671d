import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from './alert.ts';
import {
  cured,
  latencySince,
  median,
  noiseFacts,
  noiseOf,
  symptomOf,
  type Vital,
  vitalFacts,
} from './symptom.ts';

const web: Vital = { target: 'web', up: 1, latencyMs: 20, usualMs: 15, isAnswer: true, at: 2_000 };

test('what was not checked since the action is not cured', () => {
  assert.match(cured([{ ...web, at: 999 }], 1_000).detail, /not been checked since/);
  assert.equal(cured([{ ...web, at: null }], 1_000).good, false);
});
test('what is down or unknown is not cured', () => {
  assert.match(cured([web, { ...web, target: 'api', up: 0 }], 1_000).detail, /api is still down/);
  assert.match(cured([{ ...web, up: null }], 1_000).detail, /unknown/);
});
test('latency must be back near the usual, above a floor that spares what is fast anyway', () => {
  assert.equal(cured([{ ...web, latencyMs: 240 }], 1_000).good, true);
  assert.match(cured([{ ...web, latencyMs: 900 }], 1_000).detail, /takes 900 ms, usually 15 ms/);
  assert.equal(cured([{ ...web, latencyMs: 900, usualMs: 400 }], 1_000).good, true);
});
test('what was as slow before the trouble is no trouble that is left', () => {
  const busy = [12, 15, 300, 280, 11, 14, 310, 290, 305, 13, 280, 12];
  const ms = noiseOf(busy);
  assert.equal(ms, 290);
  const before = noiseFacts([
    { target: 'web', ms },
    { target: 'api', ms: 40 },
  ]);
  assert.deepEqual(before, { 'web.noiseMs': 290 }, 'what is below the floor is never too slow');
  assert.equal(cured([{ ...web, latencyMs: 285 }], 1_000, before).good, true);
  assert.equal(cured([{ ...web, latencyMs: 285 }], 1_000).good, false);
  assert.equal(cured([{ ...web, latencyMs: 400 }], 1_000, before).good, false);
  assert.equal(noiseOf([900, 900]), null, 'too few to say');
});
test('how long a look at the process list takes says nothing of the process', () => {
  assert.equal(cured([{ ...web, latencyMs: 900, isAnswer: false }], 1_000).good, true);
});
test('one slow answer among quick ones is no relapse, a slow stretch is', () => {
  const answers = (...ms: number[]) => ms.map((each, i) => ({ at: 1_000 + i, ms: each }));
  assert.equal(latencySince(answers(900, 800, 20, 700, 22, 25, 24), 1_003), 24);
  assert.equal(latencySince(answers(20, 20, 20, 900, 22, 800, 700), 1_000), 700);
  assert.equal(latencySince(answers(900, 20), 1_001), 20);
  assert.equal(latencySince(answers(900, 20), 2_000), null);
});
test('facts say unknown where nothing is known', () => {
  assert.deepEqual(vitalFacts([{ ...web, up: null, latencyMs: null }]), {
    'web.up': 'unknown',
    'web.latencyMs': 'unknown',
  });
});
test('a target that was well before the trouble began is not said to be well in it', () => {
  assert.deepEqual(
    vitalFacts(
      [
        { ...web, at: 999 },
        { ...web, target: 'api', at: 1_000 },
      ],
      1_000,
    ),
    {
      'web.up': 'not checked since the trouble began',
      'api.up': true,
      'api.latencyMs': 20,
    },
  );
  assert.equal(vitalFacts([{ ...web, up: 0, at: 999 }], 1_000)['web.up'], false);
});
test('the symptom names the open alerts and since when the first holds', () => {
  const alert: Alert = {
    ...{
      id: 'a',
      fingerprint: 'f',
      rule: 'process.gone',
      target: 'api',
      labels: {},
      summary: 'Process is gone',
    },
    ...{ state: 'firing', ruleLevel: 'critical', level: 'critical', value: 0, threshold: null, heldBy: null },
    ...{ detail: 'no pid 12', since: 500, firedAt: 600, resolvedAt: null, incidentId: 'i' },
  };
  const web: Alert = { ...alert, target: 'web', summary: 'Is down', detail: '', since: 900 };
  assert.deepEqual(symptomOf([web, alert, { ...alert, state: 'resolved', since: 1 }]), {
    facts: { symptom: 'web: Is down; api: Process is gone (no pid 12)' },
    since: 500,
  });
  assert.deepEqual(symptomOf([]), { facts: {}, since: 0 });
  const copy: Alert = {
    ...alert,
    rule: 'upkeep.offsite-failed',
    target: 'db',
    summary: 'Not copied',
    detail: '',
  };
  const slow: Alert = { ...alert, level: 'medium', target: 'db', summary: 'Is slow', detail: '' };
  assert.equal(
    symptomOf([copy, slow, web]).facts.symptom,
    'web: Is down; db: Is slow; db: Not copied',
    'the gravest first, what Upkeep says of its own deeds last',
  );
  assert.match(String(symptomOf(Array(5).fill(alert)).facts.symptom), /; 2 more$/);
});
test('the median is a value that was measured', () => {
  assert.equal(median([]), null);
  assert.equal(median([5, 1, 100, 2]), 2);
});
