import assert from 'node:assert/strict';
import { test } from 'node:test';
import { down, type Loop, minuteMs, secondMs, startLoop, toyTarget, up } from '../../test/simulation/loop.ts';
import type { NotifierSettings } from '../core/configuration.ts';
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
  world.set(false);
  await loop.pass(10 * minuteMs);
  assert.deepEqual(
    got.map(({ message }) => message.event),
    ['incident.opened', 'incident.opened', 'incident.resolved'],
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
