import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minuteMs, startAt, threshold } from '../../../test/simulation/loop.ts';
import type { Alert } from '../../core/alert.ts';
import { rehearse } from '../../core/rehearsal.ts';
import type { Rule } from '../../core/rule.ts';
import type { Acted } from './replay.ts';
import { adviceFor } from './tuning.ts';
import { tuningReport } from './tuning-report.ts';

const hourMs = 60 * minuteMs;
const to = startAt + 30 * 24 * hourMs;

/** High for so many minutes at the beginning of every hour named. */
function values(spans: readonly (readonly [hour: number, minutes: number])[]) {
  const points = [];
  for (let minute = 0; minute < 30 * 24 * 60; minute++) {
    const isHigh = spans.some(([hour, minutes]) => minute >= hour * 60 && minute < hour * 60 + minutes);
    points.push({ at: startAt + minute * minuteMs, value: isHigh ? 80 : 10 });
  }
  return [{ labels: {}, points }];
}

function world(
  spans: readonly (readonly [number, number])[],
  rule: Rule,
  incidents: readonly number[],
  storedMs = 30 * 24 * hourMs,
) {
  const series = values(spans);
  const play = (changed: Rule) => rehearse({ rule: changed, series, to });
  const acted: Acted[] = incidents.map((hour) => {
    const openedAt = startAt + hour * hourMs;
    return {
      id: `incident-${hour}`,
      targets: ['db'],
      openedAt,
      from: openedAt - 10 * minuteMs,
      to: openedAt + hourMs,
    };
  });
  const alerts = play(rule).map((one, i): Alert => {
    const incident = acted.find(({ from, to: end }) => one.firedAt >= from && one.firedAt <= end);
    return {
      id: String(i),
      fingerprint: 'f',
      rule: rule.id,
      target: 'db',
      labels: {},
      summary: '',
      state: 'resolved',
      ruleLevel: one.level,
      level: 'medium',
      value: one.value,
      threshold: 70,
      detail: '',
      since: one.since,
      firedAt: one.firedAt,
      resolvedAt: one.resolvedAt,
      incidentId: incident?.id ?? null,
      heldBy: null,
    };
  });
  return adviceFor({ rule, target: 'db', alerts, acted, play, storedMs, to, timezone: 'UTC' });
}

const rule = threshold({ warning: 70, critical: 90 });

test('a noisy rule gets the shortest for that saves most alerts and loses no incident', () => {
  const spikes = Array.from({ length: 12 }, (_, i) => [i * 20 + 3, 1] as const);
  const advice = world([...spikes, [100, 30], [300, 30]], rule, [100, 300]);
  assert.deepEqual(advice?.faults, ['noisy']);
  assert.equal(advice?.proposal?.set, 'for: 1m');
  assert.equal(
    advice?.proposal?.words,
    'would have alerted 2 times instead of 14; the real one of Fri 2026-09-25 04:00 1 m later, that of Sat 2026-10-03 12:00 1 m later',
  );
});

test('a rule that flaps is held for longer', () => {
  const flaps = Array.from({ length: 20 }, (_, i) => [200 + i / 6, 5] as const);
  const advice = world(flaps, rule, [200, 201, 202, 203]);
  assert.ok(advice?.faults.includes('flapping'));
  assert.equal(advice?.proposal?.set, 'clearFor: 10m');
  assert.match(
    advice?.proposal?.words ?? '',
    /alerted once instead of 20; the 4 real ones as early as they were, their end up to 10 m later/,
  );
});

test('a rule that waits too long is told earlier', () => {
  const slow = threshold({ warning: 70, critical: 90, forMs: 20 * minuteMs });
  const advice = world(
    [
      [100, 60],
      [200, 60],
    ],
    slow,
    [100, 200],
  );
  assert.deepEqual(advice?.faults, ['late']);
  assert.deepEqual(advice?.proposal, {
    set: 'for: 0s',
    words: 'would have told the real ones 20 m earlier, and alerted 2 times as it did',
  });
});

test('what nobody acts on and nothing helps is let wait; a rule that is acted on is left alone', () => {
  const long = Array.from({ length: 4 }, (_, i) => [i * 50, 45] as const);
  assert.deepEqual(world(long, rule, [])?.proposal, {
    set: 'levels: { warning: low, critical: low }',
    words:
      'would have called nobody instead of 4 times, none of them acted on; a real one would wait as long',
  });
  assert.equal(world(long, rule, [0, 50, 100, 150]), null);
});

test('a proposal without an incident to go by says what a real one would cost', () => {
  const spikes = Array.from({ length: 12 }, (_, i) => [i * 20 + 3, 1] as const);
  assert.equal(
    world(spikes, rule, [])?.proposal?.words,
    'would have stayed silent instead of alerting 12 times; none of them was acted on, and a real one would be told 1 m later',
  );
});

const spikes = Array.from({ length: 12 }, (_, i) => [i * 20 + 3, 1] as const);

test('a few hours are too little to propose anything by, and the report says so', () => {
  const advice = world(spikes, rule, [], 38 * minuteMs);
  assert.deepEqual([advice?.faults[0], advice?.proposal], ['noisy', null]);
  assert.ok(advice);
  const about = { name: 'a', span: 's', alerts: 12, good: 0, stored: null };
  assert.match(
    tuningReport({ ...about, advice: [advice] }).markdown,
    /Only 38 m of it are stored: too little to propose a change by, which takes 3 d\./,
  );
});

test('what finds an outage is never told later, nor to nobody', () => {
  const outage = { ...rule, id: 'toy.down' };
  const advice = world(spikes, outage, []);
  assert.deepEqual([advice?.faults[0], advice?.proposal], ['noisy', null]);
  assert.match(advice?.unproposed ?? '', /^It finds outages: /);
  const flaps = Array.from({ length: 20 }, (_, i) => [200 + i / 6, 5] as const);
  assert.equal(world(flaps, outage, [200, 201, 202, 203])?.proposal?.set, 'clearFor: 10m', 'an end may wait');
});

test('one rule with several faults stands together, and the headline says in how many entries', () => {
  const one = world(spikes, rule, []);
  assert.ok(one);
  const advice = [
    one,
    { ...one, rule: 'toy.other', target: 'web' },
    { ...one, target: 'cache', faults: ['flapping' as const] },
  ];
  const { markdown } = tuningReport({ name: 'a', span: 's', advice, alerts: 36, good: 0, stored: null });
  assert.match(
    markdown,
    /2 rules are worth a look, on 3 targets: 3 entries, as what is wrong differs by target\./,
  );
  assert.ok(markdown.indexOf('on cache (flapping)') < markdown.indexOf('toy.other'));
});

test('the report counts rules, not the targets of each', () => {
  const spikes = Array.from({ length: 12 }, (_, i) => [i * 20 + 3, 1] as const);
  const one = world(spikes, rule, []);
  assert.ok(one);
  const advice = [one, { ...one, target: 'cache' }, { ...one, target: 'web' }];
  const { markdown } = tuningReport({ name: 'a', span: 's', advice, alerts: 36, good: 0, stored: null });
  assert.match(markdown, /1 rule is worth a look, on 3 targets\./);
  assert.match(markdown, /toy\.load on db, cache and web \(noisy, never acted on\)/);
  assert.equal(markdown.match(/toy\.load: \{ for: 1m \}/g)?.length, 1);
  assert.match(markdown, /db, cache and web, each: 12 alerts/);
  assert.equal(
    markdown.match(/would have stayed silent/g)?.length,
    1,
    'what is the same of all is said once',
  );
  const unproposed = 'No setting that was tried would have helped.';
  const helpless = advice.map((each) => ({ ...each, proposal: null, unproposed }));
  const { markdown: bare } = tuningReport({
    name: 'a',
    span: 's',
    advice: helpless,
    alerts: 36,
    good: 0,
    stored: null,
  });
  assert.equal(bare.match(/No setting that was tried/g)?.length, 1);
});

test('the report escapes what comes from outside and names each proposal ready to copy', () => {
  const advice = world(
    Array.from({ length: 12 }, (_, i) => [i * 20 + 3, 1] as const),
    rule,
    [],
  );
  assert.ok(advice);
  const { markdown, html } = tuningReport({
    name: 'a<b',
    span: 's',
    advice: [advice],
    alerts: 12,
    good: 0,
    stored: null,
  });
  const quiet = tuningReport({
    ...{ name: 'a', span: 's', advice: [], alerts: 3, good: 3 },
    stored: 'Stored 37 m of the 30 d asked for.',
  }).markdown;
  assert.match(
    quiet,
    /Stored 37 m of the 30 d asked for\. 3 alerts fired\. 3 rules that alerted need no change: somebody acted on their alerts, or they/,
  );
  assert.doesNotMatch(quiet, /proposals? computed/);
  assert.match(markdown, /12 alerts fired\. 1 proposal computed/);
  assert.match(markdown, /toy\.load: \{ for: 1m \}/);
  assert.ok(!html.includes('a<b'));
});
