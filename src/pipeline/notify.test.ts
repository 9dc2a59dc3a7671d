import assert from 'node:assert/strict';
import { test } from 'node:test';
import { down, type Loop, minuteMs, secondMs, startLoop, toyTarget, up } from '../../test/simulation/loop.ts';
import type { NotifierSettings } from '../core/configuration.ts';
import { eventSentence, eventTitle } from '../core/journal-words.ts';
import type { Message } from '../core/message.ts';
import type { Delivery } from '../core/notifier.ts';
import * as outbox from '../store/outbox.ts';
import type { Send } from './notify.ts';

const notifiers = (...names: string[]): NotifierSettings[] =>
  names.map((name) => ({ name, kind: 'test', settings: {} }));
const steps = (...names: string[]) => names.map((notify) => ({ notify, afterMs: 0 }));
const everywhere = (...names: string[]) => {
  const now = steps(...names);
  return { notifiers: notifiers(...names), escalation: { critical: now, high: now, medium: now, low: now } };
};

/** Remembers when it was asked, and answers in order; the last answer stands for all that follow. */
function receiver(clock: () => number, ...answers: Delivery[]) {
  const got: { at: number; message: Message }[] = [];
  const send: Send = async (message) => {
    const answer = answers[Math.min(got.length, answers.length - 1)] ?? { kind: 'delivered' };
    got.push({ at: clock(), message });
    return answer;
  };
  return { got, send };
}

function gate(): [Promise<void>, () => void] {
  const { promise, resolve } = Promise.withResolvers<void>();
  return [promise, resolve];
}

/** Goes down after the first check and stays so until told. */
function breakable() {
  let isDown = false;
  return { probe: async () => (isDown ? down : up), set: (value: boolean) => (isDown = value) };
}

/** A target that is down at the first check, within ten seconds. */
async function failing(configuration: object, channels: Record<string, Send>): Promise<Loop> {
  return startLoop({ targets: [toyTarget('web')], probe: async () => down, configuration, channels });
}

test('a message that meets an outage is tried again with growing pauses, under one key', async () => {
  const busy: Delivery = { kind: 'retry', detail: '503' };
  const { got, send } = receiver(() => loop.clock.now(), busy, busy, busy, { kind: 'delivered' });
  const loop = await failing(everywhere('ops'), { ops: send });
  await loop.pass(5 * minuteMs);
  const waits = got.slice(1).map(({ at }, i) => at - (got[i]?.at ?? 0));
  assert.deepEqual(
    waits.map((ms) => Math.round(ms / 1_000)),
    [1, 2, 4],
  );
  assert.equal(new Set(got.map(({ message }) => message.key)).size, 1);
  await loop.end();
});

test('what is due leaves before Upkeep stops, since the next start may be far off', async () => {
  const [first, release] = gate();
  const got: string[] = [];
  const loop = await startLoop({
    targets: [toyTarget('web'), toyTarget('mail')],
    probe: async () => down,
    configuration: everywhere('ops'),
    channels: {
      ops: async ({ incident }) => {
        got.push(incident?.targets.join() ?? '');
        if (got.length === 1) await first;
        return { kind: 'delivered' };
      },
    },
  });
  await loop.pass(5 * secondMs);
  assert.equal(got.length, 1, 'one waits behind the other');
  const ended = loop.end();
  release();
  await ended;
  assert.deepEqual(got.toSorted(), ['mail', 'web']);
});

test('the timeline says that the team is alerted when a message has arrived, and not before', async () => {
  const world = breakable();
  const { send } = receiver(
    () => loop.clock.now(),
    { kind: 'retry', detail: 'no route' },
    { kind: 'retry', detail: 'no route' },
    { kind: 'delivered' },
  );
  const loop = await startLoop({
    targets: [toyTarget('web')],
    probe: world.probe,
    configuration: everywhere('ops'),
    channels: { ops: send },
  });
  world.set(true);
  await loop.pass(minuteMs);
  const [opened] = await loop.journal('incident.opened');
  assert.equal(opened && eventSentence(opened), null);
  assert.equal(opened && eventTitle(opened.kind), 'Incident opened');

  const [first, ...others] = await loop.journal('message.first');
  assert.equal(others.length, 0);
  assert.equal((first?.at ?? 0) - (opened?.at ?? 0), 3 * secondMs);
  assert.equal(
    first && eventSentence(first),
    'The first message arrived at ops, 3 s after it was written; team alerted',
  );
  await loop.end();
});

test('Retry-After is waited for; one of nothing does not become a storm', async () => {
  const { got, send } = receiver(
    () => loop.clock.now(),
    { kind: 'retry', detail: '429', afterMs: 90_000 },
    { kind: 'retry', detail: '429', afterMs: 0 },
    { kind: 'retry', detail: '429', afterMs: 365 * 24 * 60 * minuteMs },
    { kind: 'delivered' },
  );
  const loop = await failing(everywhere('ops'), { ops: send });
  await loop.pass(2 * 60 * minuteMs);
  const waits = got.slice(1).map(({ at }, i) => at - (got[i]?.at ?? 0));
  assert.equal(waits[0], 90_000);
  assert.ok((waits[1] ?? 0) >= 1_000, `${waits[1]} ms`);
  assert.equal(waits[2], 60 * minuteMs, 'a year is not waited for');
  await loop.end();
});

test('a refused message is given up, stands in the timeline, and lets the next one through', async () => {
  const { got, send } = receiver(
    () => loop.clock.now(),
    { kind: 'refused', detail: '410 gone' },
    { kind: 'delivered' },
  );
  const world = breakable();
  const loop = await startLoop({
    targets: [toyTarget('web')],
    probe: world.probe,
    configuration: everywhere('ops'),
    channels: { ops: send },
  });
  world.set(true);
  await loop.pass(minuteMs);
  world.set(false);
  await loop.pass(5 * minuteMs);
  assert.deepEqual(
    got.map(({ message }) => message.event),
    ['incident.opened', 'incident.resolved'],
  );
  const [entry] = await loop.journal('message.given-up');
  const [incident] = await loop.incidents();
  assert.ok(incident);
  assert.ok((await loop.timeline(incident.id)).includes('message.given-up'), 'people see it in the incident');
  assert.equal(entry?.subject, 'notifier:ops');
  assert.equal(entry?.payload.detail, '410 gone');
  assert.match(String(entry?.payload.key), /:opened$/);
  await loop.end();
});

test('after a day of trying a message is given up and the journal says so', async () => {
  const { got, send } = receiver(() => loop.clock.now(), { kind: 'retry', detail: 'no route' });
  const loop = await failing(everywhere('ops'), { ops: send });
  await loop.pass(10 * secondMs);
  loop.clock.setWall(loop.clock.now() + 25 * 60 * minuteMs);
  await loop.pass(10 * minuteMs);
  assert.equal((await loop.journal('message.given-up')).length, 1);
  assert.equal((await outbox.pending(loop.store.db)).size, 0);
  const last = got.at(-1)?.at ?? 0;
  await loop.pass(60 * minuteMs);
  assert.equal(got.at(-1)?.at, last);
  await loop.end();
});

test('a receiver that hangs holds up neither checks nor other receivers', async () => {
  let aborted = 0;
  const hangs: Send = (_, { signal }) =>
    new Promise(() => signal.addEventListener('abort', () => aborted++, { once: true }));
  const { got, send } = receiver(() => loop.clock.now());
  const loop = await failing(everywhere('frozen', 'ops'), { frozen: hangs, ops: send });
  await loop.pass(minuteMs);
  assert.equal(got.length, 1);
  assert.ok((got[0]?.at ?? 0) - (await loop.incidents())[0]!.openedAt < 5);
  assert.ok(aborted >= 2, 'it is cut off and tried again');
  assert.ok(loop.pipeline.counts.runs >= 6);
  await loop.end();
});

test('a notifier that throws, at once or later, is tried again like one that says so', async () => {
  let n = 0;
  const throws: Send = () => {
    if (++n === 1) throw new Error('at once');
    if (n === 2) return Promise.reject(new Error('later'));
    return Promise.resolve({ kind: 'delivered' });
  };
  const loop = await failing(everywhere('ops'), { ops: throws });
  await loop.pass(10 * secondMs);
  await loop.pass(10 * secondMs);
  assert.equal(n, 3);
  assert.equal((await outbox.pending(loop.store.db)).size, 0);
  await loop.end();
});

test('messages of one incident reach a receiver in their order, whatever is retried', async () => {
  const { got, send } = receiver(
    () => loop.clock.now(),
    { kind: 'retry', detail: '503', afterMs: 5 * minuteMs },
    { kind: 'delivered' },
  );
  const world = breakable();
  const loop = await startLoop({
    targets: [toyTarget('web')],
    probe: world.probe,
    configuration: everywhere('ops'),
    channels: { ops: send },
  });
  world.set(true);
  await loop.pass(20 * secondMs);
  const [incident] = await loop.incidents();
  await loop.pipeline.assessor.acknowledge(incident?.id ?? '', 'ann');
  await loop.pass(6 * minuteMs);
  world.set(false);
  await loop.pass(10 * minuteMs);
  assert.deepEqual(
    got.map(({ message }) => message.event),
    ['incident.opened', 'incident.opened', 'incident.acknowledged', 'incident.resolved'],
  );
  await loop.end();
});

test('killed between delivery and its note: delivered again at once after the start, with the same key', async () => {
  const hangs: Send = () => new Promise(() => {});
  const first = await failing(everywhere('ops'), { ops: hangs });
  await first.pass(12 * secondMs);
  const key = JSON.parse(
    (await first.store.db.selectFrom('outbox').select('body').executeTakeFirstOrThrow()).body,
  ).key;
  const { got, send } = receiver(() => loop.clock.now());
  const loop = await startLoop({
    targets: [toyTarget('web')],
    probe: async () => down,
    configuration: everywhere('ops'),
    channels: { ops: send },
    ...(await first.kill()),
  });
  await loop.pass(2 * secondMs);
  assert.deepEqual(
    got.map(({ message }) => message.key),
    [key],
  );
  await loop.end();
});

test('messages for a notifier that left wait without spinning, go when it is back, and end after a day', async () => {
  const busy: Send = async () => ({ kind: 'retry', detail: '503' });
  const loop = await failing(everywhere('ops'), { ops: busy });
  await loop.pass(12 * secondMs);
  loop.reload({}, {});
  await loop.pass(30 * minuteMs);
  const row = () =>
    loop.store.db.selectFrom('outbox').select(['attempts', 'state']).executeTakeFirstOrThrow();
  assert.ok((await row()).attempts < 20, `${(await row()).attempts} attempts`);
  const { got, send } = receiver(() => loop.clock.now());
  loop.reload({}, { ops: send });
  await loop.pass(6 * minuteMs);
  assert.equal(got.length, 1);
  await loop.end();
});

test('messages left by a run whose notifier is gone now are given up after a day', async () => {
  const first = await failing(everywhere('old'), { old: () => new Promise(() => {}) });
  await first.pass(12 * secondMs);
  const loop = await startLoop({
    targets: [toyTarget('web')],
    probe: async () => down,
    ...(await first.kill()),
  });
  loop.clock.setWall(loop.clock.now() + 25 * 60 * minuteMs);
  await loop.pass(10 * minuteMs);
  assert.equal((await outbox.pending(loop.store.db)).size, 0);
  const [entry] = await loop.journal('message.given-up');
  assert.match(String(entry?.payload.detail), /no notifier is called old/);
  await loop.end();
});

const withFallback = (...names: string[]) => ({
  ...everywhere(names[0] ?? ''),
  notifiers: [
    { name: names[0] ?? '', kind: 'test', settings: {}, fallback: names[1] ?? '' },
    ...notifiers(...names.slice(1)),
  ],
});

test('a receiver that fails again and again is left alone, and its fallback tells at once what waits', async () => {
  const busy: Delivery = { kind: 'retry', detail: '500' };
  const answers: Delivery[] = Array.from({ length: 3 }, () => busy);
  const ops = receiver(() => loop.clock.now(), ...answers, { kind: 'delivered' });
  const mail = receiver(() => loop.clock.now());
  const world = breakable();
  const loop = await startLoop({
    targets: [toyTarget('web')],
    probe: world.probe,
    configuration: withFallback('ops', 'mail'),
    channels: { ops: ops.send, mail: mail.send },
  });
  world.set(true);
  await loop.pass(25 * secondMs);
  assert.equal(mail.got.length, 1);
  assert.ok((mail.got[0]?.at ?? 0) - (ops.got[0]?.at ?? 0) <= 3_100, 'after the third failure');
  assert.equal(mail.got[0]?.message.key, ops.got[0]?.message.key);
  assert.equal(ops.got.length, 4, 'it is tried again, and told itself when it is back');
  const [entry] = await loop.journal('message.diverted');
  assert.deepEqual(entry?.payload.to, 'mail');
  world.set(false);
  await loop.pass(5 * minuteMs);
  assert.deepEqual(
    mail.got.map(({ message }) => message.event),
    ['incident.opened', 'incident.resolved'],
    'who was told is told how it goes on',
  );
  await loop.end();
});

test('while a receiver is out, new messages go to the fallback at once; what is old when it is back is dropped', async () => {
  let isOut = true;
  const got: Message[] = [];
  const ops: Send = async (message) => {
    if (isOut) return { kind: 'retry', detail: 'ECONNREFUSED' };
    got.push(message);
    return { kind: 'delivered' };
  };
  const mail = receiver(() => loop.clock.now());
  const downNow = new Set<string>();
  const loop = await startLoop({
    targets: [toyTarget('web'), toyTarget('shop')],
    probe: async (name) => (downNow.has(name) ? down : up),
    configuration: withFallback('ops', 'mail'),
    channels: { ops, mail: mail.send },
  });
  downNow.add('web');
  await loop.pass(minuteMs);
  downNow.add('shop');
  await loop.pass(11 * secondMs);
  const [, second] = mail.got;
  const [incident] = (await loop.incidents()).filter((one) => one.title.includes('shop'));
  assert.ok(second && incident && second.at - incident.openedAt < 100, 'not after attempts of its own');
  assert.equal(loop.pipeline.notifications.breaker('ops').openUntil !== null, true);
  await loop.pass(20 * minuteMs);
  isOut = false;
  await loop.pass(6 * minuteMs);
  assert.deepEqual(got, []);
  assert.equal((await loop.journal('message.dropped')).length, 2);
  assert.equal((await outbox.pending(loop.store.db)).size, 0);
  downNow.clear();
  await loop.pass(3 * minuteMs);
  assert.deepEqual(
    got.map(({ event }) => event),
    ['incident.resolved', 'incident.resolved'],
    'it works again',
  );
  await loop.end();
});

test('a refusal goes to the fallback too, and fallbacks that point at each other end', async () => {
  const refuses: Send = async () => ({ kind: 'refused', detail: '401' });
  const loop = await startLoop({
    targets: [toyTarget('web')],
    probe: async () => down,
    configuration: {
      ...everywhere('a'),
      notifiers: [
        { name: 'a', kind: 'test', settings: {}, fallback: 'b' },
        { name: 'b', kind: 'test', settings: {}, fallback: 'a' },
      ],
    },
    channels: { a: refuses, b: refuses },
  });
  await loop.pass(minuteMs);
  assert.equal((await loop.journal('message.diverted')).length, 1);
  assert.equal((await loop.journal('message.given-up')).length, 2);
  assert.equal((await outbox.pending(loop.store.db)).size, 0);
  await loop.end();
});

test('what a delivery leaves is there for the next of the same incident, also after a restart', async () => {
  const seen: (Record<string, string> | null)[] = [];
  const ops: Send = async (message, { thread }) => {
    seen.push(thread);
    return { kind: 'delivered', thread: { ts: `${seen.length}`, was: message.event } };
  };
  const world = breakable();
  const options = {
    targets: [toyTarget('web')],
    probe: world.probe,
    configuration: everywhere('ops'),
    channels: { ops },
  };
  const first = await startLoop(options);
  world.set(true);
  await first.pass(20 * secondMs);
  const loop = await startLoop({ ...options, ...(await first.kill()) });
  world.set(false);
  await loop.pass(5 * minuteMs);
  assert.deepEqual(seen, [null, { ts: '1', was: 'incident.opened' }]);
  await loop.end();
});

test('links are signed for the channel and person, only where they may be', async () => {
  const { got, send } = receiver(() => loop.clock.now());
  const program = receiver(() => loop.clock.now());
  const people = { kind: 'test', hasLinks: true, send };
  const loop = await startLoop({
    targets: [toyTarget('web')],
    probe: async () => down,
    configuration: everywhere('ops', 'hook'),
    channels: { ops: people, hook: program.send },
  });
  await loop.pass(12 * secondMs);
  assert.equal(program.got[0]?.message.links, undefined);
  const { links: signed } = got[0]?.message ?? {};
  assert.deepEqual(Object.keys(signed ?? {}), ['acknowledge', 'resolve']);
  const token = signed?.acknowledge?.split('/link/')[1] ?? '';
  const proven = await loop.pipeline.links.prove(token);
  assert.equal(proven.kind, 'ours');
  assert.ok(proven.kind === 'ours' && proven.link.channel === 'ops' && proven.link.purpose === 'acknowledge');
  assert.equal((await loop.pipeline.links.prove(token.replace(/^a/, 'r'))).kind, 'unknown');
  loop.clock.setWall(loop.clock.now() + 49 * 60 * minuteMs);
  assert.equal((await loop.pipeline.links.prove(token)).kind, 'expired');
  await loop.end();
});
