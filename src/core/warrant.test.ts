import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from './alert.ts';
import { type Topology, topologyOf } from './topology.ts';
import { troubleOver } from './warrant.ts';

const needs = (name: string, ...dependsOn: string[]) => ({ name, dependsOn });
const topology: Topology = topologyOf({
  targets: [needs('api', 'redis', 'db'), needs('redis'), needs('db'), needs('mail')] as never,
  services: [],
});

function alert(target: string, since: number, resolvedAt: number | null = null, more: Partial<Alert> = {}) {
  return {
    ...({
      id: `${target}${since}`,
      fingerprint: '',
      rule: 'toy.down',
      target,
      labels: {},
      summary: '',
    } as const),
    ...({
      state: resolvedAt === null ? 'firing' : 'resolved',
      ruleLevel: 'critical',
      level: 'high',
    } as const),
    ...{ value: null, threshold: null, detail: '', since, firedAt: since, resolvedAt },
    ...{ incidentId: 'i', heldBy: null, ...more },
  } satisfies Alert;
}

const request = { target: 'redis', proposedAt: 100 };
const unasked = { at: null, askedAt: null };

for (const [name, alerts, diagnosis, expected] of [
  ['its target is still ill', [alert('redis', 90), alert('api', 91, 200)], unasked, null],
  ['what needs its target is still ill', [alert('redis', 90, 200), alert('api', 91)], unasked, null],
  ['nothing fired at all', [], unasked, null],
  [
    'another is ill, which has nothing to do with it',
    [alert('redis', 90, 200), alert('mail', 90)],
    unasked,
    200,
  ],
  ['both are well', [alert('redis', 90, 200), alert('api', 91, 210)], unasked, 210],
  ['they were well before it was asked', [alert('redis', 90, 95), alert('api', 91, 98)], unasked, 98],
  [
    'all were well in between, and something new began',
    [alert('redis', 90, 200), alert('api', 220)],
    unasked,
    200,
  ],
  ['all were well for a moment only', [alert('redis', 90, 200), alert('api', 205)], unasked, null],
  ['the new began before the old was over', [alert('redis', 90, 200), alert('api', 190)], unasked, null],
  [
    'its target is well, and who looked afterwards no longer asks for it',
    [alert('redis', 90, 200), alert('api', 190)],
    { at: 230, askedAt: 120 },
    200,
  ],
  [
    'its target is well, and who looked afterwards still asks for it',
    [alert('redis', 90, 200), alert('api', 190)],
    { at: 230, askedAt: 230 },
    null,
  ],
  [
    'its target is well, and who looked had looked before',
    [alert('redis', 90, 200), alert('api', 190)],
    { at: 199, askedAt: null },
    null,
  ],
  ['neither it nor what needs it was ill: what was ill is', [alert('mail', 90)], unasked, null],
  ['neither it nor what needs it was ill: what was ill is well', [alert('mail', 90, 300)], unasked, 300],
  [
    'how its target is set up is no trouble of its own',
    [alert('redis', 90, 200), alert('redis', 10, null, { isHygiene: true })],
    unasked,
    200,
  ],
  [
    'only the budget still tells of it',
    [alert('redis', 90, 200), alert('api', 91, null, { rule: 'slo.burn-rate' })],
    unasked,
    200,
  ],
  ['only how it is set up was told', [alert('redis', 10, null, { isHygiene: true })], unasked, null],
] as const) {
  test(`a request ${expected === null ? 'stands' : 'is over'} where ${name}`, () => {
    const over = troubleOver(request, alerts, topology, diagnosis, 10);
    assert.equal(over?.at ?? null, expected);
    if (over) assert.match(over.reason, /cleared/);
  });
}

test('it is held once all have been well for as long as recovery must hold', () => {
  const alerts = [alert('redis', 90, 200)];
  const held = (now: number) =>
    (troubleOver(request, alerts, topology, unasked, 60)?.heldAt ?? now + 1) <= now;
  assert.deepEqual([held(259), held(260)], [false, true]);
});
