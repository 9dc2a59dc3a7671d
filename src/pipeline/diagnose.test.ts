import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  down,
  type Loop,
  minuteMs,
  secondMs,
  startLoop,
  type Toy,
  toyTarget,
  up,
} from '../../test/simulation/loop.ts';
import type { Evidence, Finding } from '../core/evidence.ts';
import type { Diagnosis } from '../core/system.ts';

function finding(
  id: string,
  target: string,
  confidence = 0.9,
  evidence: readonly string[] = ['sight'],
): Finding {
  return {
    id,
    target,
    summary: `${id} on ${target}`,
    explanation: 'seen',
    confidence,
    evidence,
    unseen: [],
    recommendations: [],
  };
}

const sight = (target: string): Evidence => ({
  id: 'sight',
  target,
  title: 'What is there',
  at: 0,
  how: 'look',
});

function diagnosis(id: string, changes: Partial<Diagnosis<Toy>> = {}): Diagnosis<Toy> {
  return {
    id,
    summary: 'looks',
    explains: ['toy.down'],
    gather: async (_, target) => [sight(target)],
    conclude: (evidence, target) => (evidence.some((item) => item.unseen) ? [] : [finding(id, target)]),
    ...changes,
  };
}

const startDown = (diagnoses: readonly Diagnosis<Toy>[], names = ['web']) =>
  startLoop({ targets: names.map((name) => toyTarget(name)), probe: async () => down, diagnoses });

const incidentOf = async (loop: Loop) => {
  const [incident] = await loop.incidents();
  assert.ok(incident);
  return incident;
};

const updates = ({ messages }: Loop) => messages.filter(({ event }) => event === 'incident.updated').length;

test('a look that hangs, throws or rejects is unseen evidence and hides nothing that others see', async () => {
  const loop = await startDown([
    diagnosis('toy.hangs', { gather: () => new Promise(() => {}) }),
    diagnosis('toy.throws', {
      gather: () => {
        throw new Error('no such view');
      },
    }),
    diagnosis('toy.rejects', { gather: () => Promise.reject(new Error('denied')) }),
    diagnosis('toy.confused', {
      conclude: () => {
        throw new Error('null');
      },
    }),
    diagnosis('toy.sees'),
  ]);
  await loop.pass(20 * secondMs);
  const { findings, evidence } = await incidentOf(loop);
  assert.deepEqual(
    findings.map(({ id }) => id),
    ['toy.sees'],
  );
  const unseen = evidence.flatMap((item) => (item.unseen ? [`${item.how}: ${item.unseen}`] : [])).sort();
  assert.deepEqual(unseen, [
    'toy.hangs: no answer within 6000 ms',
    'toy.rejects: denied',
    'toy.throws: no such view',
  ]);
  await loop.end();
});

test('rounds end when a finding is sure, and end also when none ever is', async () => {
  let looks = 0;
  const count = (confidence: number) =>
    diagnosis('toy.guess', {
      gather: async (_, target) => {
        looks++;
        return [sight(target)];
      },
      conclude: (_, target) => [finding('toy.guess', target, confidence)],
    });
  const sure = await startDown([count(0.9)]);
  await sure.pass(10 * minuteMs);
  assert.equal(looks, 1);
  await sure.end();
  looks = 0;
  const unsure = await startDown([count(0.4)]);
  await unsure.pass(10 * minuteMs);
  assert.equal(looks, 6);
  assert.equal(updates(unsure), 1, 'the same finding again is no news');
  await unsure.end();
});

test('evidence of several targets keeps apart, and each finding shows its own', async () => {
  const names = ['web', 'db'];
  const loop = await startLoop({
    targets: [toyTarget('web', { dependsOn: ['db'] }), toyTarget('db')],
    probe: async () => down,
    diagnoses: [diagnosis('toy.sees')],
  });
  await loop.pass(20 * secondMs);
  const { findings, evidence } = await incidentOf(loop);
  assert.deepEqual(evidence.map(({ id }) => id).sort(), ['db.sight', 'web.sight']);
  for (const name of names) {
    assert.deepEqual(findings.find(({ target }) => target === name)?.evidence, [`${name}.sight`]);
  }
  const told = loop.messages.at(-1)?.incident?.diagnosis?.findings ?? [];
  assert.ok(told.every((one) => one.evidence.length === 1));
  await loop.end();
});

test('a later look that sees nothing keeps what was found; another cause is news, a lost one is not', async () => {
  const seen = [
    [finding('toy.a', 'web', 0.5), finding('toy.b', 'web', 0.4)],
    [],
    [finding('toy.a', 'web', 0.5)],
    [finding('toy.c', 'web', 0.6), finding('toy.a', 'web', 0.5)],
    [],
    [],
  ];
  let look = 0;
  const loop = await startDown([diagnosis('toy.x', { conclude: () => seen[look++] ?? [] })]);
  const found: string[][] = [];
  for (let passed = 0; passed < 30; passed++) {
    await loop.pass(5 * secondMs);
    const [incident] = await loop.incidents();
    const ids = incident?.findings.map(({ id }) => id) ?? [];
    if (ids.join() !== found.at(-1)?.join()) found.push(ids);
  }
  assert.equal(look, 6);
  assert.deepEqual(
    found.filter((ids) => ids.length > 0),
    [['toy.a', 'toy.b'], ['toy.a'], ['toy.c', 'toy.a']],
  );
  assert.equal(updates(loop), 2);
  assert.equal((await loop.journal('incident.diagnosed')).length, 2);
  await loop.end();
});

test('nothing is proposed for an incident that ended while one looked', async () => {
  let isDown = true;
  const recommends = {
    ...finding('toy.sees', 'web'),
    recommendations: [{ action: 'toy.nudge', target: 'web', input: {}, why: 'x' }],
  };
  const loop = await startLoop({
    targets: [toyTarget('web')],
    probe: async () => (isDown ? down : up),
    diagnoses: [
      diagnosis('toy.slow', {
        gather: async (_, target, { clock }) => {
          await clock.sleep(5 * secondMs);
          return [sight(target)];
        },
        conclude: () => [recommends],
      }),
    ],
    configuration: { incidents: { recoverForMs: 0, reopenWithinMs: 0 } },
  });
  while ((await loop.incidents()).length === 0) await loop.pass(100);
  await loop.pass(secondMs);
  isDown = false;
  const [incident] = await loop.incidents();
  await loop.pipeline.assessor.resolve(incident?.id ?? '', 'ann', 'fixed');
  await loop.pass(minuteMs);
  const kinds = (await loop.journal()).map(({ kind }) => kind);
  assert.ok(!kinds.some((kind) => kind.startsWith('action.') || kind === 'incident.diagnosed'), kinds.join());
  await loop.end();
});

test('what was changed lately is the first evidence, and diagnoses are handed it', async () => {
  const handed: string[] = [];
  const loop = await startLoop({
    targets: [toyTarget('db'), toyTarget('web', { dependsOn: ['db'] })],
    probe: async (name) => (name === 'web' ? down : up),
    diagnoses: [
      diagnosis('toy.asks', {
        gather: async (_, target, { changes }) => {
          handed.push(`${target}: ${changes.map(({ summary }) => summary).join(', ')}`);
          return [sight(target)];
        },
      }),
    ],
  });
  await loop.pipeline.ledger.report(
    {
      kind: 'configuration',
      target: 'db',
      service: null,
      summary: 'work_mem 64kB',
      differences: [],
      url: null,
    },
    'ann',
  );
  await loop.pass(20 * secondMs);
  const { evidence } = await incidentOf(loop);
  assert.equal(evidence[0]?.id, 'web.changes');
  assert.deepEqual(evidence[0]?.table?.rows[0]?.slice(1), [
    'db',
    'configuration',
    'work_mem 64kB',
    'reported by ann',
  ]);
  assert.deepEqual(new Set(handed), new Set(['web: work_mem 64kB', 'db: work_mem 64kB']));
  await loop.end();
});
