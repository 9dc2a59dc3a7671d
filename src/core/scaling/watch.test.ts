import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { systemClock } from '../../clock.ts';
import { scalingFinding } from './finding.ts';
import { scalingFields } from './settings.ts';
import { loadByMetric, sayDecision, scalingReadings, watchScaling } from './watch.ts';

const settingsOf = (raw: object) => z.strictObject(scalingFields).parse(raw);
const second = 1_000;

test('a watch decides by what it has seen, and a change by anybody is a change', () => {
  const settings = settingsOf({ min: 1, max: 4, aim: '50%' });
  const watch = watchScaling(settings);
  let at = 0;
  const see = (copies: number, load: number | undefined, times: number) => {
    let decision = watch.see(copies, load, at);
    for (let left = 1; left < times; left++) {
      at += 10 * second;
      decision = watch.see(copies, load, at);
    }
    return decision;
  };
  assert.equal(see(1, 0.9, 3).reason, 'load-unknown');
  assert.deepEqual(see(1, 0.9, 6), { copies: 2, reason: 'load-above-target' });
  assert.match(
    watch.last ? sayDecision(settings, watch.last) : '',
    /^the load of a copy was above 50 % of a core for 1 m; it is 90 % of a core now$/,
  );
  at += 10 * second;
  assert.equal(see(2, 0.9, 3).reason, 'cooling-down');
  assert.equal(see(2, undefined, 30).reason, 'load-unknown');
  assert.deepEqual(see(0, undefined, 2), { copies: 1, reason: 'below-least' });
  const readings = watch.last ? scalingReadings('process', settings, watch.last) : [];
  const value = (name: string) => readings.find(({ metric }) => metric === name)?.value;
  assert.deepEqual([value('process.copies'), value('process.copies.missing')], [0, 1]);
  assert.equal(value('process.copies.load'), undefined);
});

test('a metric of another target is shared by the copies, unless it is a time; what is old is unknown', () => {
  const metric = { target: 'proxy', name: 'haproxy.backend.sessions' };
  const now = systemClock.now();
  const clock = { ...systemClock, now: () => now };
  const latest = () => [
    { value: 60, at: now },
    { value: 40, at: now - second },
    { value: 999, at: now - 600 * second },
  ];
  assert.equal(loadByMetric(settingsOf({ metric, aim: 40 }), 2, { clock, latest }), 50);
  assert.equal(loadByMetric(settingsOf({ metric: { ...metric, shared: false } }), 5, { clock, latest }), 50);
  assert.equal(loadByMetric(settingsOf({ metric }), 2, { clock, latest: () => [] }), undefined);
  assert.equal(loadByMetric(settingsOf({ metric }), 2, { clock }), undefined);
});

test('a load that is none is a mistake', () => {
  for (const aim of ['much', '0%', -1, 0]) assert.throws(() => settingsOf({ aim }), /is no load/);
  assert.throws(() => settingsOf({ max: 640 }));
});

test('no decision, no finding', () => {
  const of = { id: 'x.load', evidence: 'e', action: 'x.scale', input: (copies: number) => ({ copies }) };
  const facts = { running: 2, wanted: 2, reason: 'steady', because: '' };
  const piece = { id: 'e', target: 't', title: '', how: '', at: 0 };
  assert.deepEqual(scalingFinding([{ ...piece, facts }], 't', of), []);
  assert.deepEqual(scalingFinding([{ ...piece, unseen: 'why' }], 't', of), []);
  const [finding] = scalingFinding(
    [{ ...piece, facts: { ...facts, wanted: 3, reason: 'below-least' } }],
    't',
    of,
  );
  assert.equal(finding?.nature, 'fault');
  assert.deepEqual(finding?.recommendations[0]?.input, { copies: 3 });
});
