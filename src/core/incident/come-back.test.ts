import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../alert.ts';
import type { Topology } from '../topology.ts';
import { type Calm, calledAgain, calmAfter, isGraveNow, outageOf } from './come-back.ts';

const secondMs = 1_000;
const minuteMs = 60_000;
const pg = { lead: 'pg1', cause: 'postgres.frozen@pg1' };
const redis = { lead: 'redis1', cause: 'redis.frozen@redis1' };
const unknown = (lead: string) => ({ lead, cause: null });
const of = { isAcknowledged: false, lastCallAt: 0, holdMs: minuteMs };
const now = 20 * minuteMs;
const topology: Topology = {
  needs: new Map([['shop', ['pg1', 'redis1']]]),
  servicesOf: new Map(),
};
const back = (calmMs: number, forMs = 10 * secondMs): Calm => ({
  ...{ before: pg, since: now - forMs - calmMs, backAt: now - forMs },
});

for (const [name, calm, present, changes, answer] of [
  ['the outage that was called for goes on', undefined, pg, {}, { keep: 'going-on' }],
  ['all is well', { before: pg, since: now }, pg, {}, { keep: 'calm' }],
  ['it was well for long enough', back(minuteMs), pg, {}, { call: 'came-back' }],
  ['it was well for a moment', back(59 * secondMs), pg, {}, { keep: 'same-trouble' }],
  ['another cause after a moment', back(20 * secondMs), redis, {}, { call: 'another-cause' }],
  [
    'another cause, and they were called a moment ago',
    back(20 * secondMs),
    redis,
    { lastCallAt: now - minuteMs },
    { wait: 'called-lately', until: now + 4 * minuteMs },
  ],
  ['no cause yet, the same leads', back(20 * secondMs), unknown('pg1'), {}, { keep: 'same-trouble' }],
  ['no cause, another leads', back(20 * secondMs), unknown('proxy'), {}, { call: 'another-cause' }],
  ['somebody has it', back(minuteMs), pg, { isAcknowledged: true }, { update: 'in-hand' }],
  [
    'another cause, seen at once',
    back(20 * secondMs, 0),
    redis,
    {},
    { wait: 'settles', until: now + 10 * secondMs },
  ],
  [
    'no cause yet, what needs the one before leads',
    back(20 * secondMs),
    unknown('shop'),
    {},
    { wait: 'settles', until: now + 20 * secondMs },
  ],
  [
    'no cause for long, and it is not the one before',
    back(20 * secondMs, 30 * secondMs),
    unknown('shop'),
    {},
    { call: 'another-cause' },
  ],
  [
    'somebody has it, another cause',
    back(20 * secondMs),
    redis,
    { isAcknowledged: true },
    { keep: 'in-hand' },
  ],
] as const)
  test(`${name}: ${Object.values(answer)[0]}`, () => {
    assert.deepEqual(calledAgain(calm, present, { ...of, ...changes }, topology, now), answer);
  });

test('what nobody was called for stays news however often it comes and goes', () => {
  const calm = calmAfter(undefined, false, pg, 1_000);
  assert.deepEqual(calm, { before: pg, since: 1_000 });
  const again = calmAfter(calm, true, redis, 2_000);
  assert.deepEqual(again, { before: pg, since: 1_000, backAt: 2_000 });
  assert.deepEqual(calmAfter(again, true, redis, 3_000), again);
  assert.deepEqual(calmAfter(again, false, redis, 4_000), { before: pg, since: 4_000 });
  assert.equal(calmAfter(undefined, true, pg, 1_000), undefined);
});

test('a budget and what is less grave do not speak for what woke people', () => {
  const alert = (rule: string, level: 'critical' | 'medium', state = 'firing') =>
    ({
      ...{ rule, level, state, resolvedAt: state === 'firing' ? null : 1 },
    }) as Alert;
  const over = alert('http.down', 'critical', 'resolved');
  assert.equal(isGraveNow('critical', [over, alert('slo.burn-rate', 'critical')]), false);
  assert.equal(isGraveNow('critical', [over, alert('disk-full', 'medium')]), false);
  assert.equal(isGraveNow('critical', [over, alert('redis.down', 'critical')]), true);
});

test('an outage is known by a sure cause that was seen in it', () => {
  const finding = {
    ...{ id: 'redis.frozen', target: 'redis1', summary: '', explanation: '', confidence: 0.9 },
    ...{ evidence: [], unseen: [], recommendations: [], seenAt: 5_000 },
  };
  const incident = { lead: 'redis1', level: 'critical' as const, findings: [finding] };
  assert.deepEqual(outageOf(incident, [], 4_000, topology), redis);
  assert.deepEqual(outageOf(incident, [], 6_000, topology), unknown('redis1'));
  assert.deepEqual(outageOf({ ...incident, findings: [{ ...finding, confidence: 0.5 }] }, [], 0, topology), {
    lead: 'redis1',
    cause: null,
  });
});
