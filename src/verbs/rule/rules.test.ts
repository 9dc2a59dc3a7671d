import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import type { Sample } from '../../core/sample.ts';
import type { sloList } from '../slo/list.ts';
import type { sloShow } from '../slo/show.ts';
import type { ruleList } from './list.ts';
import type { ruleReplay } from './replay.ts';
import { settingsOf } from './replay.ts';
import type { ruleShow } from './show.ts';
import type { ruleTuning } from './tuning.ts';

type Answer<V extends { run: (call: never) => Promise<unknown> }> = Awaited<ReturnType<V['run']>>;

let served: ServedApp;
const minuteMs = 60_000;

before(async () => {
  served = await serveApp({
    yaml: `name: rules
targets:
  it: { system: process, pidFile: /nonexistent/it.pid, every: 60s }
  box: { system: host, every: 60s }
services:
  shop: { targets: [it], slo: { availability: 99% } }
rules:
  host.cpu: { warning: 70%, for: 2m, levels: { warning: low } }
`,
  });
  const now = Date.now();
  const samples: Sample[] = [];
  // Two hours ago: three minutes high, then a spike of one minute, then ten minutes high.
  for (let minute = -180; minute < -5; minute++) {
    const isHigh = (minute >= -120 && minute < -116) || minute === -100 || (minute >= -60 && minute < -50);
    samples.push({
      target: 'box',
      metric: 'host.cpu.used',
      value: isHigh ? 0.9 : 0.2,
      at: now + minute * minuteMs,
    });
    samples.push({
      target: 'it',
      metric: 'process.up',
      value: minute >= -30 && minute < -27 ? 0 : 1,
      at: now + minute * minuteMs,
    });
  }
  for (const at of [-3, -2, -1].map((minute) => now + minute * minuteMs))
    for (const metric of ['slo.burn', 'slo.budget_left'])
      samples.push({
        target: 'it',
        metric,
        value: 0.5,
        at,
        labels: { service: 'shop', objective: 'availability' },
      });
  await served.app.ctx.samples.append(samples);
  // What is stored is learned at a start.
  await served.restart();
});
after(() => served.stop());

test('a replay tells how often the rule would have alerted, and compares other settings', async () => {
  const found = await served.call<Answer<typeof ruleReplay>>('rule.replay', {
    rule: 'host.cpu',
    since: '3h',
    set: 'for=0s warning=85%',
  });
  const [one] = found.targets;
  assert.equal(one?.target, 'box');
  assert.equal(one?.present.alerts.length, 2, 'the spike is shorter than for');
  const [alert] = one?.present.alerts ?? [];
  assert.deepEqual([alert?.level, alert?.severity], ['warning', 'Low'], 'what an incident by it would be');
  assert.equal(one?.changed?.alerts.length, 3);
  assert.equal(one?.warning, '> 70 % for 2 m');
  assert.equal(one?.changed?.warning, '> 85 %');
  assert.match(
    found.words,
    /In what is stored it would have alerted 2 times, .*; 0 within an acknowledged incident\. With these settings: 3 times/,
  );
});

test('a replay says how much of the span was stored, and concludes nothing about the rest', async () => {
  const found = await served.call<Answer<typeof ruleReplay>>('rule.replay', {
    rule: 'host.cpu',
    since: '30d',
  });
  const stored = found.targets[0]?.stored;
  const minutes = (stored?.storedMs ?? 0) / minuteMs;
  assert.ok(minutes > 170 && minutes < 182, `${minutes} minutes`);
  assert.ok(Math.abs((stored?.since ?? 0) - (found.to - 180 * minuteMs)) < 2 * minuteMs);
  assert.match(
    found.words,
    /^Stored since \w{3} \d{4}-\d\d-\d\d \d\d:\d\d \(.+\), 2 h 5\d m of the 30 d asked for\. In what is stored it would have alerted 2 times/,
  );
});

test('the review says how much of the span was stored', async () => {
  const { markdown } = await served.call<Answer<typeof ruleTuning>>('rule.tuning', {});
  assert.match(markdown, /Stored since \w{3} \d{4}-\d\d-\d\d \d\d:\d\d \(.+\), .* of the 30 d asked for\./);
});

test('settings that are cut short or without a value are answered with what was meant', async () => {
  const replay = (set: string) => served.call('rule.replay', { rule: 'host.cpu', since: '3h', set });
  await assert.rejects(replay('warn=80%'), /^UpkeepError: set: warn: .*did you mean warning\?/);
  for (const set of ['warning=', 'for=2m warning=', 'warning'])
    await assert.rejects(replay(set), /set: warning has no value; write warning=VALUE, such as warning=80%/);
});

test('a burn rate is replayed minute by minute', async () => {
  const found = await served.call<Answer<typeof ruleReplay>>('rule.replay', {
    rule: 'slo.burn-rate',
    since: '2h',
  });
  assert.equal(found.targets[0]?.present.alerts.length, 0);
});

test('settings that cannot be meant are refused with their reason', async () => {
  await assert.rejects(
    served.call('rule.replay', { rule: 'host.cpu', since: '3h', set: 'warning=90% criticl=95%' }),
    /criticl: is not a key that belongs here \(did you mean critical\?\)/,
  );
  await assert.rejects(served.call('rule.replay', { rule: 'host.cpv' }), /no target has a rule host\.cpv/);
  assert.equal(settingsOf('warning=80%, for=2m'), 'warning: 80%\nfor: 2m');
});

test('a rule is shown with where its settings come from', async () => {
  const shown = await served.call<Answer<typeof ruleShow>>('rule.show', { rule: 'host.cpu' });
  assert.deepEqual(shown.targets[0]?.origins, [
    { path: 'rules.host.cpu', line: 8, fields: ['warning', 'for', 'levels'] },
  ]);
  assert.equal(shown.targets[0]?.critical, '> 95 % for 2 m');
  const all = await served.call<Answer<typeof ruleList>>('rule.list', {});
  const burn = all.find(({ id }) => id === 'slo.burn-rate');
  assert.deepEqual([burn?.targets, burn?.isOverridden], [['it'], false]);
  assert.equal(all.find(({ id }) => id === 'host.cpu')?.isOverridden, true);
});

test('an SLO says what is left of its budget and how each window burns', async () => {
  const { objectives } = await served.call<Answer<typeof sloList>>('slo.list', {});
  const [one] = objectives;
  assert.equal(one?.service, 'shop');
  assert.ok(one.left !== null && one.left < 1 && one.left > 0.9, `three minutes are spent: ${one.left}`);
  assert.equal(one.windows.length, 4);
  const shown = await served.call<Answer<typeof sloShow>>('slo.show', { service: 'shop' });
  assert.equal(shown.objectives[0]?.by, 'time');
  // Charts of an installation that is minutes old, though the period is weeks.
  for (const series of [shown.objectives[0]?.burnHistory, shown.objectives[0]?.budgetHistory]) {
    const drawn = (series?.avg ?? []).filter((value) => value !== null);
    assert.ok(drawn.length >= 3, `${drawn.length} values to draw`);
    assert.ok(series && series.avg[0] !== null && (series.at[0] ?? 0) > Date.now() - 10 * minuteMs);
  }
  await assert.rejects(served.call('slo.show', { service: 'shup' }), /no service with an SLO/);
});
