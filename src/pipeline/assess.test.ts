import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  down,
  downRule,
  type Loop,
  loaded,
  minuteMs,
  secondMs,
  startLoop,
  type Toy,
  threshold,
  toyTarget,
  up,
} from '../../test/simulation/loop.ts';
import type { ServiceSettings } from '../core/configuration.ts';
import { labelKey, type Outcome } from '../core/sample.ts';
import type { Diagnosis } from '../core/system.ts';
import type { Detected } from './detect.ts';

const events = ({ messages }: Loop) => messages.map((message) => message.event);

function firedOn(loop: Loop, target: string, transition: Detected['transition'] = 'fired'): Detected {
  const at = loop.clock.now();
  const isOver = transition === 'resolved';
  return {
    fingerprint: `toy.down|${target}|${labelKey({})}`,
    rule: downRule,
    target,
    labels: {},
    transition,
    state: {
      phase: isOver ? 'ok' : 'firing',
      level: isOver ? null : 'critical',
      since: at,
      wellSince: null,
      lastAt: at,
    },
    value: 0,
    threshold: 0,
    detail: 'gone',
    reason: 'state is 0',
    at,
  };
}

/** Checks so seldom that only what the test hands in counts. */
const quiet = (name: string, dependsOn: string[] = []) =>
  toyTarget(name, { everyMs: 24 * 60 * minuteMs, dependsOn });
const chain = [quiet('web', ['api']), quiet('api', ['db']), quiet('db', ['disk']), quiet('disk')];

test('whatever the order in which alerts arrive: one incident, led by the deepest, told once', async () => {
  const order = fc.shuffledSubarray(['web', 'api', 'db', 'disk'], { minLength: 4, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(order, fc.boolean(), async (names, together) => {
      const loop = await startLoop({ targets: chain });
      for (const name of names) {
        loop.pipeline.assessor.take([firedOn(loop, name)]);
        if (!together) await loop.pass(secondMs);
      }
      await loop.pass(secondMs);
      const [incident, ...others] = await loop.incidents();
      const seen = events(loop);
      await loop.end();
      assert.equal(others.length, 0);
      assert.equal(incident?.lead, 'disk');
      assert.equal(incident?.level, 'critical');
      // A deeper one that is seen later is put in the place of the first, and calls nobody.
      assert.deepEqual(
        seen.filter((event) => event !== 'incident.updated'),
        ['incident.opened'],
      );
      if (together) assert.deepEqual(seen, ['incident.opened']);
    }),
    { numRuns: 8 },
  );
});

const star = [quiet('shop', ['db']), quiet('mail', ['db']), quiet('db')];

test('what fails in one moment folds under what it all needs', async () => {
  const loop = await startLoop({ targets: star });
  loop.pipeline.assessor.take(['shop', 'mail', 'db'].map((name) => firedOn(loop, name)));
  await loop.pass(secondMs);
  const incidents = await loop.incidents();
  assert.equal(incidents.length, 1);
  assert.equal(incidents[0]?.lead, 'db');
  await loop.end();
});

test('two open incidents that a later alert joins: each keeps its own, both say so, nobody is told twice', async () => {
  const loop = await startLoop({ targets: star });
  const { assessor } = loop.pipeline;
  for (const name of ['shop', 'mail', 'db']) {
    assessor.take([firedOn(loop, name)]);
    await loop.pass(3 * minuteMs);
  }
  const [mail, shop] = await loop.incidents();
  assert.ok(mail && shop);
  assert.deepEqual([mail.lead, shop.lead], ['mail', 'db']);
  assert.deepEqual(events(loop), ['incident.opened', 'incident.opened', 'incident.updated']);
  for (const one of [mail, shop]) assert.ok((await loop.timeline(one.id)).includes('incident.related'));
  assessor.take(['shop', 'mail', 'db'].map((name) => firedOn(loop, name, 'resolved')));
  await loop.pass(2 * minuteMs);
  assert.equal(events(loop).filter((event) => event === 'incident.resolved').length, 2);
  await loop.end();
});

/** Says of each of them where it fails, and not why. */
const whereOnly: Diagnosis<Toy> = {
  id: 'toy.own-error',
  summary: 'looks',
  explains: ['toy.down'],
  gather: async (_, target) => [{ id: 'answer', target, title: 'Answer', at: 0, how: 'asked' }],
  conclude: (_, target) => {
    const said = { summary: `${target} answers 503 itself`, explanation: '', confidence: 0.8 };
    const rest = { evidence: ['answer'], unseen: [], recommendations: [], isWhereOnly: true } as const;
    return [{ id: 'toy.own-error', target, ...said, ...rest }];
  },
};

test('ten checks of one address that flap for two minutes are one incident, told at most four times', async () => {
  const names = Array.from({ length: 10 }, (_, i) => `page-${i}`);
  let beganAt = Number.POSITIVE_INFINITY;
  const loop = await startLoop({
    targets: names.map((name) => toyTarget(name, { everyMs: 5 * secondMs })),
    address: (name) => `http://127.0.0.1:8080/${name}`,
    diagnoses: [whereOnly],
    probe: async (name, { clock }) => {
      const since = clock.now() - beganAt;
      const turn = Math.floor((since / secondMs + 3 * names.indexOf(name)) / 10);
      return since >= 0 && since < 2 * minuteMs && turn % 2 === 0 ? down : up;
    },
  });
  await loop.pass(10 * secondMs);
  beganAt = loop.clock.now();
  await loop.pass(4 * minuteMs);
  const incidents = await loop.incidents();
  const told = events(loop);
  await loop.end();
  assert.deepEqual(
    incidents.map(({ status, targets }) => [status, targets.length]),
    [['resolved', 10]],
  );
  assert.ok(told.length <= 4, told.join(', '));
  assert.equal(told.at(-1), 'incident.resolved');
});

test('targets of one service fold; those of strangers do not', async () => {
  const service: ServiceSettings = { name: 'shop', targets: ['a', 'b'], dependsOn: [], slo: null };
  const loop = await startLoop({
    targets: [quiet('a'), quiet('b'), quiet('c')],
    configuration: { services: [service] },
  });
  loop.pipeline.assessor.take(['a', 'b', 'c'].map((name) => firedOn(loop, name)));
  await loop.pass(secondMs);
  assert.deepEqual((await loop.incidents()).map((one) => one.targets.length).sort(), [1, 2]);
  await loop.end();
});

test('flapping inside the time that recovery must hold is one incident, told once, resolved once', async () => {
  let n = 0;
  const loop = await startLoop({
    targets: [toyTarget('web')],
    probe: async () => (n++ < 12 && n % 2 === 1 ? down : up),
  });
  await loop.pass(5 * minuteMs);
  assert.deepEqual(events(loop), ['incident.opened', 'incident.resolved']);
  assert.equal(loop.messages[0]?.incident?.severity, 'SEV1');
  await loop.end();
});

test('a level that goes back and forth is called out once', async () => {
  const values = [95, 75, 95, 75, 95, 95];
  let n = 0;
  const probe = async (): Promise<Outcome> => loaded(values[Math.min(n++, 5)] ?? 0);
  const targets = [toyTarget('web', { rules: [threshold()] })];
  const loop = await startLoop({ targets, probe });
  await loop.pass(2 * minuteMs);
  assert.deepEqual(events(loop), ['incident.opened']);
  n = 5;
  await loop.end();

  const rising = [75, 95, 75, 95, 95];
  let m = 0;
  const other = await startLoop({ targets, probe: async () => loaded(rising[Math.min(m++, 4)] ?? 0) });
  await other.pass(2 * minuteMs);
  assert.deepEqual(events(other), ['incident.opened', 'incident.escalated']);
  assert.deepEqual(
    other.messages.map((message) => message.incident?.severity),
    ['SEV3', 'SEV1'],
  );
  await other.end();
});

const later = [
  { notify: 'post', afterMs: 0 },
  { notify: 'boss', afterMs: 10 * minuteMs },
  { notify: 'boss', afterMs: 20 * minuteMs },
];
const escalation = { critical: later, high: later, medium: later, low: later };
const notifiers = ['post', 'boss'].map((name) => ({ name, kind: 'test', settings: {} }));

async function calling(probe: () => Promise<Outcome>) {
  const calls: number[] = [];
  const loop = await startLoop({
    targets: [toyTarget('web')],
    probe,
    configuration: { escalation, notifiers },
    channels: {
      async boss(message) {
        if (message.event === 'incident.escalated')
          calls.push(Math.round((loop.clock.now() - begin) / minuteMs));
        return { kind: 'delivered' };
      },
    },
  });
  const begin = loop.clock.now();
  return { loop, calls };
}

test('each later step of an escalation is taken, also when it is the same notifier again', async () => {
  const { loop, calls } = await calling(async () => down);
  await loop.pass(40 * minuteMs);
  assert.deepEqual(calls, [10, 20]);
  await loop.end();
});

test('an acknowledged incident escalates no further', async () => {
  const { loop, calls } = await calling(async () => down);
  await loop.pass(12 * minuteMs);
  const [incident] = await loop.incidents();
  await loop.pipeline.assessor.acknowledge(incident?.id ?? '', 'ann');
  await loop.pass(40 * minuteMs);
  assert.deepEqual(calls, [10]);
  await loop.end();
});

test('nobody is woken for what is recovering; should it come back, the step is taken then', async () => {
  let isDown = true;
  const { loop, calls } = await calling(async () => (isDown ? down : up));
  await loop.pass(9.8 * minuteMs);
  isDown = false;
  await loop.pass(0.5 * minuteMs);
  assert.deepEqual(calls, []);
  isDown = true;
  await loop.pass(5 * minuteMs);
  assert.equal(calls.length, 1);
  await loop.end();
});

test('what fires on for longer than an incident may open again opens one that names it', async () => {
  const loop = await startLoop({
    targets: [toyTarget('web')],
    probe: async () => down,
    configuration: { incidents: { recoverForMs: minuteMs, reopenWithinMs: minuteMs } },
  });
  await loop.pass(minuteMs);
  const [old] = await loop.incidents();
  await loop.pipeline.assessor.resolve(old?.id ?? '', 'ann', 'known');
  await loop.pass(6 * minuteMs);
  const fresh = (await loop.incidents()).find(({ id }) => id !== old?.id);
  const related = await loop.journal('incident.related');
  const of = (id: string | undefined) =>
    related.find(({ subject }) => subject === `incident:${id}`)?.told.text;
  assert.match(of(fresh?.id) ?? '', /^Related to incident .*the same alert, resolved by ann 5 m before/);
  assert.match(of(old?.id) ?? '', /its alert fired on/);
  await loop.end();
});

test('an incident that is resolved by hand stays resolved while it clears; trouble that comes anew opens it again', async () => {
  let isDown = true;
  const loop = await startLoop({ targets: [toyTarget('web')], probe: async () => (isDown ? down : up) });
  await loop.pass(minuteMs);
  const [incident] = await loop.incidents();
  const resolved = await loop.pipeline.assessor.resolve(incident?.id ?? '', 'ann', 'known');
  assert.equal(resolved.status, 'resolved');
  await loop.pass(2 * minuteMs);
  isDown = false;
  await loop.pass(minuteMs);
  isDown = true;
  await loop.pass(minuteMs);
  assert.deepEqual(events(loop), ['incident.opened', 'incident.resolved', 'incident.opened']);
  const [{ conduct } = assert.fail()] = await loop.incidents();
  assert.deepEqual(conduct?.lulls, [{ from: resolved.resolvedAt, to: conduct?.reopenedAt }]);
  await loop.end();
});

test('a notifier that wants only the end of incidents is sent it', async () => {
  let isDown = true;
  const heard: string[] = [];
  const both = [
    { notify: 'post', afterMs: 0 },
    { notify: 'log', afterMs: 0 },
  ];
  const loop = await startLoop({
    targets: [toyTarget('web')],
    probe: async () => (isDown ? down : up),
    configuration: {
      escalation: { critical: both, high: both, medium: both, low: both },
      notifiers: [
        { name: 'post', kind: 'test', settings: {} },
        { name: 'log', kind: 'test', settings: {}, events: ['incident.resolved'] },
      ],
    },
    channels: {
      async log(message) {
        heard.push(message.event);
        return { kind: 'delivered' };
      },
    },
  });
  await loop.pass(minuteMs);
  isDown = false;
  await loop.pass(3 * minuteMs);
  assert.deepEqual(heard, ['incident.resolved']);
  await loop.end();
});

test('while the store takes nothing alerts wait, and then each is stored once, in order', async () => {
  const loop = await startLoop({ targets: [quiet('web')] });
  const other = new DatabaseSync(join(loop.folder, 'state.db'));
  other.exec("create trigger full before insert on alerts begin select raise(abort, 'disk full'); end");
  loop.pipeline.assessor.take([firedOn(loop, 'web')]);
  await loop.pass(secondMs);
  loop.pipeline.assessor.take([firedOn(loop, 'web', 'resolved')]);
  await loop.pass(3 * secondMs);
  assert.equal((await loop.incidents()).length, 0);
  other.exec('drop trigger full');
  other.close();
  await loop.pass(2 * minuteMs);
  assert.deepEqual(events(loop), ['incident.opened', 'incident.resolved']);
  const kinds = (await loop.journal()).map((entry) => entry.kind).filter((kind) => kind.startsWith('alert.'));
  assert.deepEqual(kinds, ['alert.fired', 'alert.resolved']);
  await loop.end();
});

test('a store that takes nothing does not keep Upkeep from stopping', async () => {
  const loop = await startLoop({ targets: [quiet('web')] });
  const other = new DatabaseSync(join(loop.folder, 'state.db'));
  other.exec("create trigger full before insert on alerts begin select raise(abort, 'disk full'); end");
  loop.pipeline.assessor.take([firedOn(loop, 'web')]);
  await loop.pass(secondMs);
  let hasStopped = false;
  const stopping = loop.pipeline.stop().then(() => {
    hasStopped = true;
  });
  await loop.pass(10 * secondMs);
  assert.ok(hasStopped);
  other.exec('drop trigger full');
  other.close();
  await stopping;
  await loop.end();
});

test('a restart while it fires tells nobody again; the end is told once', async () => {
  const targets = [toyTarget('web')];
  const first = await startLoop({ targets, probe: async () => down });
  await first.pass(minuteMs);
  let isDown = true;
  const loop = await startLoop({ targets, probe: async () => (isDown ? down : up), ...(await first.kill()) });
  await loop.pass(minuteMs);
  assert.deepEqual(events(first), ['incident.opened']);
  assert.deepEqual(events(loop), []);
  isDown = false;
  await loop.pass(3 * minuteMs);
  assert.deepEqual(events(loop), ['incident.resolved']);
  await loop.end();
});

test('a target that leaves the configuration ends its alerts, also while Upkeep is away', async () => {
  const first = await startLoop({ targets: [toyTarget('web'), toyTarget('db')], probe: async () => down });
  await first.pass(minuteMs);
  first.reload({ targets: [toyTarget('db')] });
  await first.pass(3 * minuteMs);
  assert.deepEqual((await first.incidents()).map(({ lead, status }) => [lead, status]).sort(), [
    ['db', 'open'],
    ['web', 'resolved'],
  ]);
  const loop = await startLoop({ targets: [toyTarget('mail')], ...(await first.kill()) });
  await loop.pass(3 * minuteMs);
  assert.ok((await loop.incidents()).every(({ status }) => status === 'resolved'));
  await loop.end();
});

test('targets that fail together and recover one by one are one message each way', async () => {
  const names = Array.from({ length: 30 }, (_, index) => `shop-${index}`);
  const broken = new Set<string>();
  const loop = await startLoop({
    targets: names.map((name) => toyTarget(name)),
    probe: async (name) => (broken.has(name) ? down : up),
    configuration: { services: [{ name: 'shop', targets: names, dependsOn: [], slo: null }] },
  });
  await loop.pass(minuteMs);
  for (const name of names) broken.add(name);
  await loop.pass(minuteMs);
  for (const name of names) {
    broken.delete(name);
    await loop.pass(secondMs);
  }
  await loop.pass(10 * minuteMs);
  assert.deepEqual(
    loop.messages.map(({ event }) => event),
    ['incident.opened', 'incident.resolved'],
  );
  await loop.end();
});

test('what still fires after its incident was resolved by hand opens it again; what clears in time does not', async () => {
  for (const clears of [false, true]) {
    let isDown = true;
    let loop = await startLoop({ targets: [toyTarget('db')], probe: async () => (isDown ? down : up) });
    const probe = async () => (isDown ? down : up);
    await loop.pass(minuteMs);
    const [incident] = await loop.incidents();
    await loop.pipeline.assessor.resolve(incident?.id ?? '', 'ann', 'fixed');
    if (clears) isDown = false;
    await loop.pass(2 * minuteMs);
    assert.equal((await loop.incidents())[0]?.status, 'resolved', 'it is given time to clear');
    loop = await startLoop({ targets: [toyTarget('db')], probe, ...(await loop.kill()) });
    await loop.pass(4 * minuteMs);
    const [later, ...others] = await loop.incidents();
    assert.deepEqual(others, []);
    assert.equal(later?.status, clears ? 'resolved' : 'open');
    assert.equal(loop.messages.length, clears ? 0 : 1, 'somebody is called again');
    await loop.end();
  }
});
