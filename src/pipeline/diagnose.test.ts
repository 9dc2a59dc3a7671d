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
import * as incidentRows from '../store/incidents.ts';

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
  const count = (confidence: number, more: Partial<Finding> = {}) =>
    diagnosis('toy.guess', {
      gather: async (_, target) => {
        looks++;
        return [sight(target)];
      },
      conclude: (_, target) => [{ ...finding('toy.guess', target, confidence), ...more }],
    });
  const sure = await startDown([count(0.9)]);
  await sure.pass(10 * minuteMs);
  assert.equal(looks, 1);
  await sure.end();
  looks = 0;
  const where = await startDown([count(0.9, { isWhereOnly: true })]);
  await where.pass(10 * minuteMs);
  assert.equal(looks, 6, 'what says only where it fails is looked at again for why');
  await where.end();
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

test('a finding about what lies below leads the incident: it is told, journaled and gives the title', async () => {
  const loop = await startLoop({
    targets: [toyTarget('api', { dependsOn: ['db'] }), toyTarget('db')],
    probe: async (name) => (name === 'api' ? down : up),
    diagnoses: [
      diagnosis('toy.full', {
        gather: async (_, target) => [sight(target)],
        conclude: (_, target) => (target === 'api' ? [finding('toy.full', 'db')] : []),
      }),
    ],
  });
  await loop.pass(minuteMs);
  const incident = await incidentOf(loop);
  assert.deepEqual([incident.lead, incident.title], ['db', 'db: toy.full on db']);
  const led = (await loop.journal()).filter(({ kind }) => kind === 'incident.led');
  assert.deepEqual(
    led.map(({ payload }) => [payload.from, payload.to]),
    [['api', 'db']],
  );
  await loop.end();
});

/** A shop whose parts break and heal by name; each broken part says so of itself. */
async function shop(recoverForMs: number) {
  const broken = new Set<string>();
  const loop = await startLoop({
    targets: [
      toyTarget('web', { dependsOn: ['api'] }),
      toyTarget('api', { dependsOn: ['db', 'cache'] }),
      toyTarget('worker', { dependsOn: ['db'] }),
      toyTarget('db'),
      toyTarget('cache'),
    ],
    probe: async (name) => (broken.has(name) ? down : up),
    diagnoses: [
      diagnosis('toy.full', {
        conclude: (_, target) => (broken.has(target) ? [finding('toy.full', target)] : []),
      }),
    ],
    configuration: { incidents: { recoverForMs, reopenWithinMs: 0 } },
  });
  const breakDown = async (names: readonly string[], heals: readonly string[] = []) => {
    for (const name of heals) broken.delete(name);
    for (const name of names) broken.add(name);
    await loop.pass(40 * secondMs);
  };
  return { loop, breakDown };
}

test('faults one after another within the hold: title, lead and first finding follow, and the first is said to be over', async () => {
  const { loop, breakDown } = await shop(5 * minuteMs);
  await breakDown(['cache', 'api']);
  const first = await incidentOf(loop);
  assert.deepEqual([first.lead, first.findings[0]?.target], ['cache', 'cache']);
  await breakDown([], ['cache', 'api']);
  await breakDown(['db', 'api']);
  const [incident, ...others] = await loop.incidents();
  assert.equal(others.length, 0, 'what both are needed for joins them');
  assert.equal(incident?.id, first.id);
  assert.deepEqual([incident?.lead, incident?.findings[0]?.target], ['db', 'db']);
  assert.match(incident?.title ?? '', /^db: /);
  const led = (await loop.journal('incident.led')).map(({ payload }) => payload);
  assert.deepEqual(led.map(({ to, before, isBeforeOver, now }) => [to, before, isBeforeOver, now]).at(-1), [
    'db',
    'toy.full on cache',
    true,
    'toy.full on db',
  ]);
  await loop.end();
});

test('an incident that is opened again tells no cause of before as the present one; seen again it is told again', async () => {
  const broken = new Set(['web']);
  let why: string | null = 'toy.stopped';
  const loop = await startLoop({
    targets: [toyTarget('web')],
    probe: async (name) => (broken.has(name) ? down : up),
    diagnoses: [
      diagnosis('toy.why', { conclude: (_, target) => (why === null ? [] : [finding(why, target)]) }),
    ],
  });
  await loop.pass(minuteMs);
  broken.clear();
  await loop.pass(5 * minuteMs);
  assert.equal((await incidentOf(loop)).status, 'resolved');
  const told = loop.messages.length;
  broken.add('web');
  await loop.pass(minuteMs);
  const [again, found] = loop.messages.slice(told);
  assert.deepEqual([again?.event, again?.incident?.reopened], ['incident.opened', 1]);
  assert.equal(again?.incident?.diagnosis, undefined, 'nothing is known of this time yet');
  assert.equal(
    found?.incident?.diagnosis?.findings[0]?.id,
    'toy.stopped',
    'told anew, also where it is the same',
  );
  const reopenedAt = (await incidentOf(loop)).conduct?.reopenedAt ?? 0;
  assert.equal(Date.parse(again?.incident?.reopenedAt ?? ''), reopenedAt);
  assert.ok(reopenedAt > (await incidentOf(loop)).openedAt + 5 * minuteMs);
  const [said] = await loop.journal('incident.reopened');
  assert.equal(said?.payload.before, 'toy.stopped on web');
  broken.clear();
  await loop.pass(10 * minuteMs);
  why = null;
  broken.add('web');
  await loop.pass(minuteMs);
  assert.deepEqual((await incidentOf(loop)).findings, []);
  await loop.end();
});

test('a cause is taken off an incident that goes on by something else; a mitigated one is open again once it returns', async () => {
  const broken = new Set(['web', 'cert']);
  const loop = await startLoop({
    targets: [toyTarget('web'), toyTarget('cert')],
    probe: async (name) => (broken.has(name) ? down : up),
    diagnoses: [
      diagnosis('toy.stopped', {
        conclude: (_, target) =>
          target === 'web' && broken.has('web') ? [finding('toy.stopped', 'web')] : [],
      }),
    ],
    configuration: { services: [{ name: 'shop', targets: ['web', 'cert'], dependsOn: [], slo: null }] },
  });
  await loop.pass(minuteMs);
  assert.equal((await incidentOf(loop)).findings[0]?.id, 'toy.stopped');
  broken.delete('web');
  await loop.pass(2 * minuteMs);
  const later = await incidentOf(loop);
  assert.deepEqual([later.status, later.findings], ['open', []]);
  assert.equal(loop.messages.at(-1)?.incident?.diagnosis, undefined, 'what stands in a channel, too');
  const led = (await loop.journal('incident.led')).map(({ payload }) => payload);
  assert.ok(led.some(({ before, isBeforeOver }) => before === 'toy.stopped on web' && isBeforeOver === true));
  await incidentRows.update(loop.store.db, { ...later, status: 'mitigated' });
  broken.add('web');
  await loop.pass(minuteMs);
  const again = await incidentOf(loop);
  assert.deepEqual([again.status, again.findings[0]?.id], ['open', 'toy.stopped'], 'and it is looked into');
  await loop.end();
});

test('what recovers last does not rank before the cause that led, also when the incident is over', async () => {
  const { loop, breakDown } = await shop(minuteMs);
  await breakDown(['db', 'api']);
  await breakDown(['web'], ['db']);
  const during = await incidentOf(loop);
  assert.ok(during.targets.includes('web'), 'something new fired and was looked into');
  await breakDown([], ['api', 'web']);
  await loop.pass(5 * minuteMs);
  const over = await incidentOf(loop);
  assert.equal(over.status, 'resolved');
  assert.deepEqual(
    over.findings.map(({ target }) => target),
    ['db', 'api', 'web'],
  );
  assert.match(over.title, /^db: /);
  assert.ok(
    over.evidence.some(({ id }) => id === 'db.sight'),
    'what stays keeps what it rests on',
  );
  await loop.end();
});

test('while recovery only must hold, what neither needs it nor is needed by it opens an incident of its own', async () => {
  const { loop, breakDown } = await shop(5 * minuteMs);
  await breakDown(['api']);
  await breakDown([], ['api']);
  await breakDown(['worker']);
  const incidents = await loop.incidents();
  assert.deepEqual(incidents.map(({ lead, status }) => [lead, status]).sort(), [
    ['api', 'open'],
    ['worker', 'open'],
  ]);
  await loop.end();
});

test('a finding says when it was seen last, and figures of a moment give no title', async () => {
  let looks = 0;
  const loop = await startLoop({
    targets: [toyTarget('api', { dependsOn: ['db'] }), toyTarget('db')],
    probe: async (name) => (name === 'api' ? down : up),
    diagnoses: [
      diagnosis('toy.slots-taken', {
        conclude: (_, target) =>
          target === 'db'
            ? [
                {
                  ...finding('toy.slots-taken', 'db', 0.85),
                  summary: `${++looks + 10} sessions for 4.2 s`,
                  isWhereOnly: true,
                },
              ]
            : [],
      }),
    ],
  });
  await loop.pass(15 * secondMs);
  const early = await incidentOf(loop);
  await loop.pass(5 * minuteMs);
  const late = await incidentOf(loop);
  assert.equal(early.title, 'db: slots taken');
  assert.equal(late.title, early.title);
  assert.equal(late.findings[0]?.summary, `${looks + 10} sessions for 4.2 s`);
  assert.ok(
    (late.findings[0]?.seenAt ?? 0) > (early.findings[0]?.seenAt ?? 0),
    'figures are those of the last look',
  );
  assert.equal(late.findings[0]?.seenAt, late.diagnosedAt);
  await loop.end();
});
