/** Many unrelated troubles at once: the first is told at once, the others in one message; none of them is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  down,
  loaded,
  minuteMs,
  secondMs,
  startLoop,
  threshold,
  toyTarget,
  up,
} from '../../test/simulation/loop.ts';
import type { NotifierSettings } from '../core/configuration.ts';
import type { Message } from '../core/message.ts';
import type { Delivery } from '../core/notifier.ts';
import { noOnCall, type OnCall } from '../core/oncall/model.ts';
import * as pages from '../store/pages.ts';

const names = Array.from({ length: 10 }, (_, index) => `c${index}`);
const post: NotifierSettings = { name: 'post', kind: 'test', settings: {} };

/** All fail within a few seconds, as checks of one interval find it. */
function failing() {
  const downNow = new Set<string>();
  return {
    downNow,
    probe: async (name: string) => (downNow.has(name) ? down : up),
    fail: (some: readonly string[] = names) => {
      for (const name of some) downNow.add(name);
    },
  };
}

/** Ten that were well, and failed a minute ago. */
async function allFailed() {
  const { fail, downNow, probe } = failing();
  const loop = await startLoop({
    targets: names.map((name) => toyTarget(name)),
    configuration: { incidents: { recoverForMs: 2 * minuteMs, reopenWithinMs: 15 * minuteMs } },
    probe,
  });
  await loop.pass(minuteMs);
  fail();
  await loop.pass(minuteMs);
  return { loop, fail, downNow };
}

function told(message: Message | undefined): readonly string[] {
  return (message?.storm?.incidents ?? []).map(({ title }) => title.split(':')[0] ?? '').toSorted();
}

for (const recoverForMs of [2 * secondMs, minuteMs]) {
  test(`ten unrelated targets that flap for two minutes are four messages at most, recovering in ${recoverForMs} ms`, async () => {
    let isOver = false;
    const isDown = (name: string, now: number) =>
      !isOver && (Math.floor(now / secondMs) + names.indexOf(name)) % 12 < 6;
    const loop = await startLoop({
      targets: names.map((name) => toyTarget(name, { everyMs: 2 * secondMs })),
      configuration: { incidents: { recoverForMs, reopenWithinMs: 15 * minuteMs } },
      probe: async (name) => (isDown(name, loop.clock.now()) ? down : up),
    });
    await loop.pass(2 * minuteMs);
    isOver = true;
    await loop.pass(10 * minuteMs);
    const incidents = await loop.incidents();
    assert.equal(incidents.length, 10);
    assert.ok(incidents.every(({ status }) => status === 'resolved'));
    assert.ok(loop.messages.length <= 4, loop.messages.map(({ key }) => key).join('\n'));
    await loop.end();
  });
}

test('in whatever order ten that recovered together are over, one message says so', async () => {
  for (const place of names.keys()) {
    const { loop, downNow } = await allFailed();
    const first = loop.messages[0]?.incident?.targets[0] ?? '';
    const order = names.filter((name) => name !== first).toSpliced(place, 0, first);
    for (const name of order) {
      downNow.delete(name);
      await loop.pass(11 * secondMs);
    }
    await loop.pass(10 * minuteMs);
    assert.deepEqual(
      loop.messages.map(({ event, storm }) => [event, storm?.incidents.length]),
      [
        ['incident.opened', undefined],
        ['incident.opened', 9],
        ['incident.resolved', 10],
      ],
      `the first ends as number ${place + 1}`,
    );
    await loop.end();
  }
});

test('an end that waits for others holds up no call for its return', async () => {
  const { loop, fail, downNow } = await allFailed();
  const first = loop.messages[0]?.incident;
  const name = first?.targets[0] ?? '';
  downNow.delete(name);
  await loop.pass(90 * secondMs);
  downNow.clear();
  await loop.pass(70 * secondMs);
  assert.equal((await loop.incidents()).find(({ id }) => id === first?.id)?.status, 'resolved');
  assert.equal(loop.messages.length, 2, 'its end waits for those that have recovered');
  const failedAt = loop.clock.now();
  fail([name]);
  await loop.pass(20 * secondMs);
  const again = loop.messages.find(({ incident }) => incident?.reopenedAt !== undefined);
  assert.equal(again?.incident?.id, first?.id);
  assert.ok(Date.parse(again?.at ?? '') - failedAt <= 11 * secondMs);
  await loop.end();
});

test('the first leaves at once, nine more are one message, and one says that all are over', async () => {
  const { fail, downNow, probe } = failing();
  const loop = await startLoop({ targets: names.map((name) => toyTarget(name)), probe });
  await loop.pass(minuteMs);
  fail();
  await loop.pass(minuteMs);
  const [first, storm, ...others] = loop.messages;
  assert.equal(others.length, 0);
  const opened = (await loop.incidents()).map(({ openedAt }) => openedAt);
  assert.equal(Date.parse(first?.at ?? ''), Math.min(...opened));
  assert.deepEqual(
    [storm?.event, storm?.incident, storm?.storm?.level],
    ['incident.opened', undefined, 'critical'],
  );
  assert.deepEqual(
    [...told(storm), first?.incident?.targets[0] ?? ''].toSorted(),
    names,
    'each is told by one of the two',
  );
  assert.ok(Date.parse(storm?.at ?? '') - Math.min(...opened) <= 11 * secondMs);
  const [second] = storm?.storm?.incidents ?? [];
  assert.ok(second);
  assert.ok((await loop.timeline(second.id)).includes('message.folded'));
  assert.ok(
    (await loop.timeline(second.id)).includes('message.first'),
    'from then on the team is alerted of it',
  );
  downNow.clear();
  await loop.pass(5 * minuteMs);
  assert.deepEqual(
    loop.messages.slice(2).map(({ event, storm: its }) => [event, its?.incidents.length]),
    [['incident.resolved', 10]],
    'what was told first and ends with the others has no end of its own',
  );
  await loop.end();
});

test('the first, told by itself, that ends while others go on is told by itself within half a minute', async () => {
  const { fail, downNow, probe } = failing();
  const loop = await startLoop({ targets: names.map((name) => toyTarget(name)), probe });
  await loop.pass(minuteMs);
  fail();
  await loop.pass(minuteMs);
  const first = loop.messages[0]?.incident;
  downNow.delete(first?.targets[0] ?? '');
  await loop.pass(5 * minuteMs);
  const [end, ...more] = loop.messages.slice(2);
  assert.deepEqual([end?.event, end?.incident?.id, more.length], ['incident.resolved', first?.id, 0]);
  const over = (await loop.incidents()).find(({ id }) => id === first?.id)?.resolvedAt ?? 0;
  const waitedMs = Date.parse(end?.at ?? '') - over;
  assert.ok(waitedMs <= 31 * secondMs, `${waitedMs} ms`);
  downNow.clear();
  await loop.pass(5 * minuteMs);
  assert.deepEqual(
    loop.messages.slice(3).map(({ event, storm }) => [event, storm?.incidents.length]),
    [['incident.resolved', 9]],
  );
  await loop.end();
});

test('two that fail at once are two messages of their own', async () => {
  const { fail, probe } = failing();
  const loop = await startLoop({ targets: names.map((name) => toyTarget(name)), probe });
  fail(['c0', 'c1']);
  await loop.pass(minuteMs);
  assert.deepEqual(
    loop.messages.map(({ event, incident }) => [event, incident?.targets.length]),
    [
      ['incident.opened', 1],
      ['incident.opened', 1],
    ],
  );
  await loop.end();
});

test('what fails after others are over leaves at once, however lately they were heard of', async () => {
  const { downNow, fail, probe } = failing();
  const delays: number[] = [];
  const loop = await startLoop({
    targets: names.map((name) => toyTarget(name)),
    configuration: { incidents: { recoverForMs: 2 * secondMs, reopenWithinMs: 15 * minuteMs } },
    probe,
    channels: {
      async post({ event, at }) {
        if (event === 'incident.opened') delays.push(loop.clock.now() - Date.parse(at));
        return { kind: 'delivered' };
      },
    },
  });
  for (const name of ['c0', 'c1', 'c2']) {
    fail([name]);
    await loop.pass(12 * secondMs);
    downNow.clear();
    await loop.pass(20 * secondMs);
  }
  assert.equal(delays.length, 3);
  assert.ok(Math.max(...delays) <= 200, `${delays}`);
  await loop.end();
});

test('what is graver than all that was told leaves at once and by itself', async () => {
  const { fail, probe } = failing();
  const medium = (name: string) =>
    toyTarget(name, {
      rules: toyTarget(name).rules.map((rule) => ({
        ...rule,
        levels: { warning: 'medium' as const, critical: 'medium' as const },
      })),
    });
  const loop = await startLoop({ targets: [...names.map(medium), toyTarget('grave')], probe });
  fail();
  await loop.pass(30 * secondMs);
  assert.equal(loop.messages.length, 2);
  fail(['grave']);
  await loop.pass(11 * secondMs);
  const last = loop.messages.at(-1);
  assert.deepEqual([last?.event, last?.incident?.targets], ['incident.opened', ['grave']]);
  const incident = (await loop.incidents()).find(({ lead }) => lead === 'grave');
  assert.equal(Date.parse(last?.at ?? ''), incident?.openedAt);
  await loop.end();
});

const oncall: OnCall = {
  ...noOnCall,
  people: ['ann', 'bob'].map((id) => ({
    ...{ id, name: id, timezone: 'UTC', via: {}, calendar: null, quietHours: null },
    reach: { phone: id },
  })),
  policies: [
    {
      ...{ name: 'standard', repeat: null, unacknowledgeAfterMs: null },
      steps: [
        { afterMs: 0, notify: ['ann'] },
        { afterMs: 5 * minuteMs, notify: ['bob'] },
      ],
    },
  ],
  policyOf: { critical: 'standard' },
};

test('what gets graver while it is held is one message at its present level, and one page', async () => {
  let load = 10;
  const { fail, probe } = failing();
  const calls: string[] = [];
  const loop = await startLoop({
    targets: [
      toyTarget('c0', { everyMs: secondMs }),
      toyTarget('busy', { everyMs: secondMs, rules: [threshold()] }),
    ],
    configuration: {
      notifiers: [{ ...post, name: 'phone' }],
      oncall: { ...oncall, policyOf: { critical: 'standard', medium: 'standard' } },
    },
    probe: async (name) => (name === 'busy' ? loaded(load) : probe(name)),
    channels: {
      async phone({ event, incident, to }) {
        calls.push(`${to?.person} ${event} ${incident?.targets} ${incident?.level}`);
        return { kind: 'delivered' };
      },
    },
  });
  await loop.pass(5 * secondMs);
  fail(['c0']);
  await loop.pass(2 * secondMs);
  load = 75;
  await loop.pass(6 * secondMs);
  assert.ok(!calls.some((one) => one.includes('busy')), `it is held: ${calls}`);
  load = 95;
  await loop.pass(30 * secondMs);
  assert.deepEqual(
    calls.filter((one) => one.includes('busy')),
    ['ann incident.opened busy critical'],
  );
  const incident = (await loop.incidents()).find(({ lead }) => lead === 'busy');
  const sent = await pages.sentOf(loop.store.db, incident?.id ?? '');
  assert.deepEqual(
    sent.map(({ person }) => person),
    ['ann'],
  );
  await loop.end();
});

test('each incident keeps its pages and its acknowledgement, and whoever was not told yet is called', async () => {
  const { fail, probe } = failing();
  const calls: Message[] = [];
  const loop = await startLoop({
    targets: names.map((name) => toyTarget(name)),
    probe,
    configuration: {
      notifiers: [post, { name: 'phone', kind: 'test', settings: {} }],
      escalation: { critical: [], high: [], medium: [], low: [] },
      oncall,
    },
    channels: {
      phone: async (message) => {
        calls.push(message);
        return { kind: 'delivered' };
      },
    },
  });
  fail();
  await loop.pass(minuteMs);
  assert.deepEqual(
    calls.map(({ to, storm }) => [to?.person, storm?.incidents.length]),
    [
      ['ann', undefined],
      ['ann', 9],
    ],
  );
  const incidents = await loop.incidents();
  for (const { id } of incidents) assert.equal((await pages.ofIncident(loop.store.db, id)).length, 1);
  const taken = calls[0]?.incident?.id ?? '';
  await loop.pipeline.assessor.acknowledge(taken, 'ann');
  await loop.pass(5 * minuteMs);
  const toBob = calls.filter(({ to }) => to?.person === 'bob');
  const ids = toBob.flatMap(({ incident, storm }) =>
    storm ? storm.incidents.map(({ id }) => id) : [incident?.id],
  );
  assert.deepEqual(
    ids.toSorted(),
    incidents
      .map(({ id }) => id)
      .filter((id) => id !== taken)
      .toSorted(),
    'he is called for all that nobody has taken',
  );
  assert.ok(toBob.length <= 2);
  await loop.end();
});

test('that nobody answered for ten of them is one message to each receiver, and it names those that nobody took', async () => {
  const { fail, probe } = failing();
  const loop = await startLoop({
    targets: names.map((name) => toyTarget(name)),
    probe,
    configuration: {
      notifiers: [post, { name: 'phone', kind: 'test', settings: {} }],
      escalation: { critical: [], high: [], medium: [], low: [] },
      oncall: {
        ...oncall,
        policies: oncall.policies.map((one) => ({
          ...one,
          steps: [{ afterMs: 0, notify: ['post', 'ann'] }],
        })),
      },
    },
    channels: { phone: async () => ({ kind: 'delivered' }) },
  });
  fail();
  await loop.pass(minuteMs);
  const taken = loop.messages[1]?.storm?.incidents[0]?.id ?? '';
  await loop.pipeline.assessor.acknowledge(taken, 'ann');
  await loop.pass(10 * minuteMs);
  assert.equal((await loop.journal('escalation.exhausted')).length, 9);
  const [word, ...more] = loop.messages.filter(({ notice }) => notice);
  assert.equal(more.length, 0);
  assert.equal(word?.event, 'incident.escalated');
  assert.equal(word?.notice?.title, 'Nobody has acknowledged, and every step was taken');
  assert.equal(word?.notice?.markdown.split('\n').length, 9);
  await loop.end();
});

test('where a message can be changed, the one of the storm says how each of them stands', async () => {
  const { fail, downNow, probe } = failing();
  const shown: Message[] = [];
  const loop = await startLoop({
    targets: names.map((name) => toyTarget(name)),
    probe,
    configuration: { notifiers: [{ ...post, takesCause: 'in-place' }] },
    channels: {
      post: async (message, { thread }): Promise<Delivery> => {
        shown.push(message);
        return { kind: 'delivered', thread: thread ?? { message: message.key } };
      },
    },
  });
  fail();
  await loop.pass(minuteMs);
  const [last] = (await loop.incidents()).filter(({ id }) => id !== shown[0]?.incident?.id);
  await loop.pipeline.assessor.acknowledge(last?.id ?? '', 'ann');
  await loop.pass(secondMs);
  const loud = shown.filter(({ inPlaceOnly }) => !inPlaceOnly);
  assert.equal(loud.length, 2);
  const now = shown.at(-1);
  assert.deepEqual([now?.inPlaceOnly, now?.storm?.id], [true, loud[1]?.storm?.id]);
  assert.equal(now?.storm?.incidents.find(({ id }) => id === last?.id)?.status, 'acknowledged');
  downNow.clear();
  await loop.pass(5 * minuteMs);
  assert.deepEqual([shown.at(-1)?.event, shown.at(-1)?.inPlaceOnly], ['incident.resolved', undefined]);
  await loop.end();
});

test('what keeps incidents of its own hears of each', async () => {
  const { fail, probe } = failing();
  const loop = await startLoop({
    targets: names.map((name) => toyTarget(name)),
    probe,
    configuration: { notifiers: [{ ...post, tracksIncidents: true }] },
  });
  fail();
  await loop.pass(minuteMs);
  assert.equal(
    loop.messages.filter(({ event, incident }) => event === 'incident.opened' && incident).length,
    10,
  );
  await loop.end();
});

test('a channel that was out for minutes is told of ten incidents in two messages', async () => {
  const { fail, probe } = failing();
  let isOut = true;
  const got: Message[] = [];
  const loop = await startLoop({
    targets: names.map((name) => toyTarget(name)),
    probe,
    channels: {
      post: async (message) => {
        if (isOut) return { kind: 'retry', detail: '503' };
        got.push(message);
        return { kind: 'delivered' };
      },
    },
  });
  fail();
  await loop.pass(5 * minuteMs);
  isOut = false;
  await loop.pass(10 * minuteMs);
  assert.deepEqual([got.length, got[0]?.incident === undefined, told(got[1]).length], [2, false, 9]);
  await loop.end();
});

test('a process that is killed while they wait tells them after its start', async () => {
  const { fail, probe } = failing();
  const targets = names.map((name) => toyTarget(name));
  const loop = await startLoop({ targets, probe });
  await loop.pass(minuteMs);
  fail();
  await loop.pass(12 * secondMs);
  assert.equal(loop.messages.length, 1);
  const left = await loop.kill();
  const next = await startLoop({ targets, probe, ...left });
  await next.pass(minuteMs);
  const ids = next.messages.flatMap(({ incident, storm }) =>
    storm ? storm.incidents.map(({ id }) => id) : [incident?.id ?? ''],
  );
  const all = (await next.incidents()).map(({ id }) => id);
  const first = loop.messages[0]?.incident?.id ?? '';
  assert.deepEqual(new Set([first, ...ids]), new Set(all));
  await next.end();
});
