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
    readonly diagnoses?: readonly Diagnosis<Toy>[];
    readonly changes?: readonly { readonly at: number; readonly target: string; readonly summary: string }[];
  },
) {
  const system = toySystem({ probe: async () => up, diagnoses: options.diagnoses ?? [] });
  const settings = [toyTarget('web', { dependsOn: ['db'] }), toyTarget('db')];
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
    await samples.append(taken);
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
      configuration: { services: [], timezone: 'UTC' },
    },
    {
      ...{ targets: ['web'], symptoms: ['slow'], alerts: [] },
      span: { from: startAt - hourMs, to: startAt },
      ...options.inquiry,
    },
  );
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
