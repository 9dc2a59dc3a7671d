import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cured, median, type Vital, vitalFacts } from './symptom.ts';

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
test('how long a look at the process list takes says nothing of the process', () => {
  assert.equal(cured([{ ...web, latencyMs: 900, isAnswer: false }], 1_000).good, true);
});
test('facts say unknown where nothing is known', () => {
  assert.deepEqual(vitalFacts([{ ...web, up: null, latencyMs: null }]), {
    'web.up': 'unknown',
    'web.latencyMs': 'unknown',
  });
});
test('the median is a value that was measured', () => {
  assert.equal(median([]), null);
  assert.equal(median([5, 1, 100, 2]), 2);
});
