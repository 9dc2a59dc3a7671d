import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fakeClock } from '../../../test/simulation/fake-clock.ts';
import {
  minuteMs,
  startAt,
  startLoop,
  type Toy,
  toySystem,
  toyTarget,
  up,
} from '../../../test/simulation/loop.ts';
import type { Alert } from '../../core/alert.ts';
import { wallText } from '../../core/oncall/wall-time.ts';
import type { Metric, Sample } from '../../core/sample.ts';
import type { Diagnosis } from '../../core/system.ts';
import { topologyOf } from '../../core/topology.ts';
import { openSampleStore } from '../../store/samples/index.ts';
import type { Watched } from '../bound.ts';
import { type Inquiry, inquire } from './index.ts';

const metrics: Readonly<Record<string, Metric>> = {
  'toy.latency': { summary: 'Answer', unit: 'seconds', kind: 'gauge', latencyOf: 'request' },
  'toy.requests': { summary: 'Requests', unit: 'count', kind: 'counter', isTraffic: true },
  'toy.waiting': { summary: 'Sessions that wait', unit: 'count', kind: 'gauge' },
};

const hourMs = 60 * minuteMs;
/** Three hours of a minute each, the trouble in the last one. */
const onset = startAt - 40 * minuteMs;

type Story = Readonly<Record<string, (at: number) => number>>;

async function investigated(
  t: TestContext,
  options: {
    readonly story: Story;
    readonly inquiry?: Partial<Inquiry>;
    readonly timezone?: string;
    readonly diagnoses?: readonly Diagnosis<Toy>[];
    /** Where left out, `web` needs `db`. */
    readonly isApart?: true;
    readonly changes?: readonly { readonly at: number; readonly target: string; readonly summary: string }[];
  },
) {
  const system = toySystem({ probe: async () => up, diagnoses: options.diagnoses ?? [] });
  const settings = [toyTarget('web', { dependsOn: options.isApart ? [] : ['db'] }), toyTarget('db')];
  const clock = fakeClock(startAt, async () => {});
  const bind = (one: (typeof settings)[number]): Watched => ({
    ...{ settings: one, bound: system.bind(one.settings, { clock, folder: '/' }), metrics },
  });
  const loop = await startLoop({ targets: settings, bind });
  const samples = await openSampleStore(
    { kind: 'sqlite', file: join(loop.folder, 'metrics.db') },
    { rawMs: 30 * 24 * hourMs, rollupMs: 60 * 24 * hourMs, clock: loop.clock, pauseMs: 0 },
  );
  t.after(async () => {
    await samples.close();
    await loop.end();
  });
  for (let at = startAt - 3 * hourMs; at <= startAt; at += minuteMs) {
    const taken = Object.entries(options.story).map(([key, value]): Sample => {
      const [target = '', metric = ''] = key.split(' ');
      return { target, metric, at, value: value(at) };
    });
    await samples.append(taken.filter(({ value }) => !Number.isNaN(value)));
  }
  for (const change of options.changes ?? [])
    await loop.pipeline.ledger.report(
      { kind: 'deployment', service: null, differences: [], url: null, ...change },
      'ci',
    );
  return inquire(
    {
      ...{
        clock: loop.clock,
        samples,
        ledger: loop.pipeline.ledger,
        diagnostician: loop.pipeline.diagnostician,
      },
      estate: {
        targets: new Map(settings.map((one) => [one.name, bind(one)])),
        topology: topologyOf({ targets: settings, services: [] }),
      },
      configuration: { services: [], timezone: options.timezone ?? 'UTC' },
    },
    {
      ...{ targets: ['web'], symptoms: ['slow'], alerts: [] },
      span: { from: startAt - hourMs, to: startAt },
      ...options.inquiry,
    },
  );
}

function firing(target: string): Alert {
  return {
    ...{ id: target, fingerprint: target, rule: 'toy.down', target, labels: {}, summary: 'is slow' },
    ...{ state: 'firing', ruleLevel: 'critical', level: 'high', value: 1, threshold: 1, detail: '' },
    ...{ since: onset, firedAt: onset, resolvedAt: null, incidentId: null, heldBy: null },
  };
}

const calm = (value: number) => (at: number) => value * (1 + 0.05 * Math.sin(at / 70_000));
const step = (before: number, after: number) => (at: number) => calm(at >= onset ? after : before)(at);

test('since when it is slow, by how much, and the change that fits is named with its evidence', async (t) => {
  const answer = await investigated(t, {
    story: { 'web toy.latency': step(0.05, 0.6), 'db toy.waiting': calm(2) },
    changes: [
      { at: onset - 30_000, target: 'web', summary: 'release 4.2.1' },
      { at: onset + 20 * minuteMs, target: 'web', summary: 'release 4.2.2' },
    ],
  });
  assert.equal(answer.onset, onset);
  assert.deepEqual(
    answer.changes.map(({ change, verdict }) => `${change.summary} ${verdict}`),
    ['release 4.2.1 suspect', 'release 4.2.2 after'],
  );
  const [first] = answer.findings;
  assert.equal(first?.id, 'history.change');
  assert.match(first?.explanation ?? '', /toy\.latency of web from \d+(\.\d)? ms to \d+ ms/);
  const ids = new Set(answer.evidence.map(({ id }) => id));
  for (const finding of answer.findings)
    for (const id of finding.evidence) assert.ok(ids.has(id), `${id} is no evidence`);
});

test('an innocent release before a fault further down is not blamed, and what is seen now leads', async (t) => {
  const lock: Diagnosis<Toy> = {
    ...{ id: 'toy.lock', summary: 'sees a lock', explains: ['toy.down'] },
    gather: async (_, target) => [{ id: 'tree', target, title: 'Who blocks whom', at: 0, how: 'look' }],
    conclude: (_, target) =>
      target === 'db'
        ? [
            {
              ...{
                id: 'toy.lock',
                target,
                summary: 'pid 812 blocks 14',
                explanation: 'seen',
                confidence: 0.9,
              },
              ...{ evidence: ['tree'], unseen: [], recommendations: [] },
            },
          ]
        : [],
  };
  const answer = await investigated(t, {
    story: { 'web toy.latency': step(0.05, 0.6), 'db toy.waiting': step(1, 30) },
    changes: [{ at: onset - 30_000, target: 'web', summary: 'release 4.2.1' }],
    diagnoses: [lock],
  });
  assert.deepEqual(
    answer.findings.map(({ id, target, change }) => [id, target, change]),
    [
      ['toy.lock', 'db', undefined],
      ['history.began', 'db', undefined],
    ],
  );
  assert.equal(answer.changes[0]?.verdict, 'above');
});

test('where nothing moved nothing is claimed, and what could not be seen is said', async (t) => {
  const answer = await investigated(t, {
    story: { 'web toy.latency': calm(0.05), 'db toy.waiting': calm(2) },
    changes: [{ at: onset, target: 'web', summary: 'release 4.2.1' }],
  });
  assert.deepEqual([answer.onset, answer.findings, answer.changes], [null, [], []]);
  assert.deepEqual(answer.unseen, []);
  assert.deepEqual(
    answer.steady.map(({ target, metric, value }) => [target, metric, Math.round(value * 100)]),
    [['web', 'toy.latency', 5]],
  );
  const since = await investigated(t, {
    story: {},
    inquiry: { span: { from: startAt - 48 * hourMs, to: startAt - 24 * hourMs } },
  });
  assert.match(since.unseen.join('; '), /nothing was stored of that time.*diagnoses look at now/);
});

test('what began minutes ago is seen though a week or nothing was asked about', async (t) => {
  const justNow = (at: number) => calm(at >= startAt - 5 * minuteMs ? 0.6 : 0.05)(at);
  for (const span of [null, { from: startAt - 7 * 24 * hourMs, to: startAt }]) {
    const answer = await investigated(t, {
      story: { 'web toy.latency': justNow },
      inquiry: { span, symptoms: span ? ['slow'] : [] },
    });
    assert.equal(answer.onset, startAt - 5 * minuteMs);
    assert.equal(answer.leading?.target, 'web');
  }
});

const summaries = (answer: Awaited<ReturnType<typeof investigated>>) =>
  answer.changes.map(({ change, verdict }) => `${change.summary} ${verdict}`);

test('what was changed after it began is not suspected, by as little as it is known', async (t) => {
  const story = { 'web toy.latency': step(0.05, 0.6), 'db toy.waiting': calm(2) };
  const later = { at: onset + 90_000, target: 'web', summary: 'release 4.2.2' };
  const answer = await investigated(t, { story, changes: [later] });
  assert.deepEqual(summaries(answer), ['release 4.2.2 after']);
  assert.deepEqual(
    answer.findings.map(({ change }) => change),
    [undefined],
  );
  const week = await investigated(t, {
    story,
    inquiry: { span: { from: startAt - 7 * 24 * hourMs, to: startAt } },
    changes: [later],
  });
  assert.deepEqual([week.onset, week.exactToMs], [onset, minuteMs]);
  assert.deepEqual(summaries(week), ['release 4.2.2 after']);
  // Between two samples only the alert knows that it had begun.
  const alert = { ...firing('web'), since: onset + 10_000 };
  const between = await investigated(t, {
    story,
    inquiry: { alerts: [alert] },
    changes: [{ at: onset + 40_000, target: 'web', summary: 'release 4.2.3' }],
  });
  assert.deepEqual(summaries(between), ['release 4.2.3 after']);
});

test('what is over comes after what is there now', async (t) => {
  const bump = (at: number) => calm(at >= onset && at < onset + 20 * minuteMs ? 0.6 : 0.05)(at);
  const lock: Diagnosis<Toy> = {
    ...{ id: 'toy.lock', summary: 'sees a lock', explains: ['toy.down'] },
    gather: async (_, target) => [{ id: 'tree', target, title: 'Who blocks whom', at: 0, how: 'look' }],
    conclude: (_, target) =>
      target === 'web'
        ? [
            {
              ...{ id: 'toy.lock', target, summary: 'pid 812 blocks 14', explanation: 'seen' },
              ...{ confidence: 0.55, evidence: ['tree'], unseen: [], recommendations: [] },
            },
          ]
        : [],
  };
  const asked = {
    story: { 'web toy.latency': bump },
    changes: [{ at: onset - 30_000, target: 'web', summary: 'release 4.2.1' }],
  };
  const now = await investigated(t, { ...asked, diagnoses: [lock] });
  assert.deepEqual(
    now.findings.map(({ id }) => id),
    ['toy.lock', 'history.change'],
  );
  assert.match(now.findings[1]?.explanation ?? '', /It has been over since Sun 2026-09-20 23:40/);
  const alone = await investigated(t, asked);
  assert.equal(alone.findings[0]?.id, 'history.change');
  assert.ok((alone.findings[0]?.confidence ?? 0) > (now.findings[1]?.confidence ?? 1));
});

test('asked for nothing, what hurts more now comes first of two that have nothing to do with each other', async (t) => {
  const sure: Diagnosis<Toy> = {
    ...{ id: 'toy.sure', summary: 'is sure', explains: ['toy.down'] },
    gather: async () => [],
    conclude: (_, target) => [
      {
        ...{ id: 'toy.sure', target, summary: target, explanation: '', evidence: [], unseen: [] },
        ...{ confidence: target === 'web' ? 0.95 : 0.75, recommendations: [] },
      },
    ],
  };
  const asked = {
    story: { 'web toy.latency': calm(0.05) },
    ...{ diagnoses: [sure], isApart: true as const },
    inquiry: { targets: ['web', 'db'], symptoms: [], span: null },
  };
  const ranked = async (...alerts: Alert[]) =>
    (await investigated(t, { ...asked, inquiry: { ...asked.inquiry, alerts } })).findings.map(
      ({ target }) => target,
    );
  assert.deepEqual(await ranked(firing('web'), firing('db')), ['web', 'db']);
  assert.deepEqual(await ranked(firing('web'), { ...firing('db'), level: 'critical' }), ['db', 'web']);
});

test('when measurements begin is said on the wall clock of the team, of what was asked about', async (t) => {
  const began = startAt - 3 * hourMs;
  const { unseen } = await investigated(t, {
    story: { 'web toy.latency': calm(0.05), 'db toy.waiting': calm(2) },
    inquiry: { span: { from: startAt - 7 * 24 * hourMs, to: startAt } },
    timezone: 'Australia/Sydney',
  });
  assert.match(
    unseen.join('; '),
    new RegExp(`measurements begin ${wallText(began, 'Australia/Sydney')} \\(Australia/Sydney\\)`),
  );
  assert.match(
    unseen.join('; '),
    /what lasted less than 4 h: over 7 d values are compared in steps of 2 h, .*; ask about a day or an hour/,
  );
  const lately = startAt - 10 * minuteMs;
  const ofWeb = await investigated(t, {
    story: {
      'web toy.latency': (at) => (at < lately ? Number.NaN : calm(0.05)(at)),
      'db toy.waiting': calm(2),
    },
  });
  assert.match(
    ofWeb.unseen.join('; '),
    new RegExp(`measurements begin ${wallText(lately, 'UTC')} \\(UTC\\)`),
  );
});

const memoryFull: Diagnosis<Toy> = {
  ...{ id: 'toy.memory', summary: 'sees memory', explains: ['toy.down'] },
  gather: async (_, target) => [{ id: 'seen', target, title: 'Memory', at: 0, how: 'look' }],
  conclude: (_, target) =>
    target === 'db'
      ? [
          {
            ...{ id: 'toy.memory', target, summary: 'memory is full', explanation: 'seen' },
            ...{ confidence: 0.9, evidence: ['seen'], unseen: [], recommendations: [] },
          },
        ]
      : [],
};

const wasGone = {
  ...{ id: '01990d2c-aaaa-7000-8000-000000000000', title: 'web: is down', targets: ['web'] },
  ...{ began: onset + 20_000, resolvedAt: onset + 16 * minuteMs },
  findings: [
    {
      ...{ id: 'process.gone', target: 'web', summary: 'pid 812 is gone', explanation: 'Nobody is there.' },
      ...{ confidence: 0.95, evidence: ['seen'], unseen: [], recommendations: [] },
    },
  ],
  evidence: [{ id: 'seen', target: 'web', title: 'The process', at: onset, how: 'ps' }],
};
const started = {
  ...{ at: onset + minuteMs, incidentId: wasGone.id, action: 'process.start', target: 'web' },
  ...{ state: 'done', result: 'started as pid 900' },
};

test('of an incident that is over, what was found then is the cause; what is there now stands apart', async (t) => {
  const bump = (at: number) => calm(at >= onset && at < wasGone.resolvedAt ? 0.6 : 0.05)(at);
  const answer = await investigated(t, {
    story: { 'web toy.latency': bump, 'db toy.waiting': calm(2) },
    diagnoses: [memoryFull],
    changes: [{ at: wasGone.resolvedAt + minuteMs, target: 'db', summary: 'maxmemory 1gb -> 3mb' }],
    inquiry: {
      symptoms: [],
      span: { from: onset - 30 * minuteMs, to: startAt - minuteMs },
      incident: wasGone,
      recorded: { incidents: [wasGone], actions: [started] },
    },
  });
  assert.equal(answer.findings[0]?.id, 'process.gone');
  assert.match(
    answer.findings[0]?.explanation ?? '',
    /Recorded in the incident 01990d2c-aaaa.*process\.start/,
  );
  assert.ok(answer.findings.every(({ id }) => id !== 'toy.memory'));
  assert.deepEqual(
    answer.present?.findings.map(({ id }) => id),
    ['toy.memory'],
  );
  assert.deepEqual(answer.changes, []);
  const ids = new Set(answer.evidence.map(({ id }) => id));
  for (const id of answer.findings.flatMap(({ evidence }) => evidence)) assert.ok(ids.has(id), id);
});

test('what Upkeep saw and did when it began is evidence, and its cause stands before a change that only fits', async (t) => {
  const answer = await investigated(t, {
    story: { 'web toy.latency': step(0.05, 0.6), 'db toy.waiting': calm(2) },
    changes: [{ at: onset - 30_000, target: 'web', summary: 'release 4.2.1' }],
    inquiry: { recorded: { incidents: [wasGone], actions: [started] } },
  });
  assert.deepEqual(
    answer.findings.map(({ id }) => id),
    ['process.gone', 'history.change'],
  );
  assert.deepEqual(
    answer.events.map(({ kind, text }) => `${kind} ${text}`),
    ['incident web: is down; found: pid 812 is gone', 'action process.start: done, started as pid 900'],
  );
  const earlier = { ...wasGone, began: onset - 30 * minuteMs };
  const other = await investigated(t, {
    story: { 'web toy.latency': step(0.05, 0.6), 'db toy.waiting': calm(2) },
    inquiry: { recorded: { incidents: [earlier], actions: [] } },
  });
  assert.ok(other.findings.every(({ id }) => id !== 'process.gone'));
});
