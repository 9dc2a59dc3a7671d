/** Who cannot see a message change hears of the cause once more; on a clock that is told the time. */
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
import type { NotifierSettings } from '../core/configuration.ts';
import type { Finding } from '../core/evidence.ts';
import type { Message } from '../core/message.ts';
import type { Delivery } from '../core/notifier.ts';
import { noOnCall, type OnCall } from '../core/oncall/model.ts';
import type { Diagnosis } from '../core/system.ts';
import type { Send } from './notify.ts';

interface World {
  isDown: boolean;
  cause: string | null;
  confidence: number;
  mail: Delivery;
}

const notifiers: NotifierSettings[] = [
  { name: 'post', kind: 'test', settings: {} },
  { name: 'mail', kind: 'test', settings: {}, takesCause: 'anew' },
  { name: 'chat', kind: 'test', settings: {}, takesCause: 'in-place' },
  { name: 'phone', kind: 'test', settings: {} },
];

const ann = {
  ...{ id: 'ann', name: 'Ann', timezone: 'UTC', quietHours: null, calendar: null },
  ...{ reach: { mail: 'ann@toy.test', chat: '@ann', phone: '+1' } },
  via: { critical: ['mail', 'chat', 'phone'] },
};

function diagnosis(world: World): Diagnosis<Toy> {
  return {
    id: 'toy.why',
    summary: 'looks',
    explains: ['toy.down'],
    gather: async () => [],
    conclude(_, target): Finding[] {
      if (world.cause === null) return [];
      const { cause: id, confidence } = world;
      const what = { id, target, summary: `${id} it is`, explanation: 'seen', confidence };
      return [{ ...what, evidence: [], unseen: [], recommendations: [] }];
    },
  };
}

async function calling(changes: Partial<World> = {}, settings = notifiers) {
  const world: World = {
    isDown: true,
    cause: 'toy.full',
    confidence: 0.9,
    mail: { kind: 'delivered' },
    ...changes,
  };
  const got: { channel: string; message: Message }[] = [];
  const receiver =
    (channel: string): Send =>
    async (message) => {
      // As mail does: what lies between is no message of its own.
      if (channel === 'mail' && message.event === 'incident.updated' && !message.followUp)
        return { kind: 'delivered', isFolded: true };
      const answer: Delivery = channel === 'mail' ? world.mail : { kind: 'delivered' };
      if (answer.kind === 'delivered') got.push({ channel, message });
      return answer;
    };
  const names = ['post', 'mail', 'chat', 'phone'];
  const now = [...names, 'ann'].map((notify) => ({ notify, afterMs: 0 }));
  const oncall: OnCall = { ...noOnCall, people: [ann] };
  const escalation = { critical: now, high: now, medium: now, low: now };
  const loop: Loop = await startLoop({
    targets: [toyTarget('web')],
    probe: async () => (world.isDown ? down : up),
    diagnoses: [diagnosis(world)],
    configuration: { notifiers: settings, escalation, oncall },
    channels: Object.fromEntries(names.map((name) => [name, receiver(name)])),
  });
  /** What came, for one person or (`null`) for the channel as a whole, with what it is sent for. */
  const heard = (channel: string, person: string | null = null) =>
    got
      .filter((one) => one.channel === channel && (one.message.to?.person ?? null) === person)
      .map(({ message }) => message.followUp ?? message.event.replace('incident.', ''));
  return { world, loop, heard };
}

test('who was called by mail hears of the cause once, before the end', async () => {
  const { world, loop, heard } = await calling();
  await loop.pass(5 * minuteMs);
  assert.deepEqual(heard('mail'), ['opened', 'cause-found']);
  assert.deepEqual(heard('mail', 'ann'), ['opened', 'cause-found']);
  const [told] = await loop.journal('incident.cause-told');
  assert.deepEqual(told?.payload.to, ['mail', 'ann by mail', 'ann by chat']);
  world.isDown = false;
  await loop.pass(10 * minuteMs);
  assert.deepEqual(heard('mail', 'ann'), ['opened', 'cause-found', 'resolved']);
  await loop.end();
});

test('a channel that changes its message does it for a person too; one that rings, and a webhook, hear nothing more', async () => {
  const { loop, heard } = await calling();
  await loop.pass(5 * minuteMs);
  assert.deepEqual(heard('chat'), ['opened', 'updated']);
  assert.deepEqual(heard('chat', 'ann'), ['opened', 'updated']);
  assert.deepEqual(heard('phone', 'ann'), ['opened']);
  assert.deepEqual(heard('post'), ['opened', 'updated']);
  await loop.end();
});

test('another cause is told too, a third is not: an incident is four messages at most', async () => {
  const { world, loop, heard } = await calling({ cause: 'toy.one', confidence: 0.6 });
  for (const cause of ['toy.two', 'toy.three', 'toy.four']) {
    await loop.pass(14 * secondMs);
    Object.assign(world, { cause });
  }
  await loop.pass(5 * minuteMs);
  assert.deepEqual(heard('mail', 'ann'), ['opened', 'cause-found', 'other-cause']);
  await loop.end();
});

test('nothing is told of a guess, nor of what is over before it was told', async () => {
  const guess = await calling({ confidence: 0.3 });
  await guess.loop.pass(5 * minuteMs);
  assert.deepEqual(guess.heard('mail', 'ann'), ['opened']);
  await guess.loop.end();
  const short = await calling();
  await short.loop.pass(6 * secondMs);
  short.world.isDown = false;
  await short.loop.pass(5 * minuteMs);
  assert.deepEqual(short.heard('mail', 'ann').at(-1), 'resolved');
  await short.loop.end();
});

test('a call that left late named the cause already, so that is not told again', async () => {
  const { world, loop, heard } = await calling({ mail: { kind: 'retry', detail: 'no route' } });
  await loop.pass(60 * secondMs);
  world.mail = { kind: 'delivered' };
  await loop.pass(5 * minuteMs);
  assert.deepEqual(heard('mail', 'ann'), ['opened']);
  await loop.end();
});

test('who wants no updates gets none', async () => {
  const events = ['incident.opened', 'incident.resolved'];
  const settings = notifiers.map((one) => (one.name === 'mail' ? { ...one, events } : one));
  const { loop, heard } = await calling({}, settings);
  await loop.pass(5 * minuteMs);
  assert.deepEqual(heard('mail', 'ann'), ['opened']);
  await loop.end();
});
