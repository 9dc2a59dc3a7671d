/** A message that can be changed keeps up with its incident; on a clock that is told the time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { down, minuteMs, secondMs, startLoop, type Toy, toyTarget, up } from '../../test/simulation/loop.ts';
import type { Configuration, NotifierSettings } from '../core/configuration.ts';
import type { Finding } from '../core/evidence.ts';
import type { Message } from '../core/message.ts';
import { noOnCall } from '../core/oncall/model.ts';
import type { Diagnosis } from '../core/system.ts';
import type { Send } from './notify.ts';

const notifiers: NotifierSettings[] = [
  { name: 'post', kind: 'test', settings: {} },
  { name: 'chat', kind: 'test', settings: {}, takesCause: 'in-place' },
];

async function world(
  count: number,
  diagnoses: readonly Diagnosis<Toy>[] = [],
  more: Partial<Configuration> = {},
) {
  const broken = new Set<string>();
  const shown: Message[] = [];
  const posted: Message[] = [];
  const into =
    (list: Message[]): Send =>
    async (message) => {
      list.push(message);
      return { kind: 'delivered', thread: { id: '1' } };
    };
  const apps = Array.from({ length: count }, (_, i) => toyTarget(`app${i}`, { dependsOn: ['db'] }));
  const now = ['post', 'chat'].map((notify) => ({ notify, afterMs: 0 }));
  const loop = await startLoop({
    targets: [toyTarget('db'), ...apps],
    probe: async (name) => (broken.has(name) ? down : up),
    diagnoses,
    configuration: { notifiers, escalation: { critical: now, high: now, medium: now, low: now }, ...more },
    channels: { post: into(posted), chat: into(shown) },
  });
  await loop.pass(10 * secondMs);
  return { loop, broken, shown, posted };
}

test('what joins a cascade is in the message that is there, some seconds later, and no message of its own elsewhere', async () => {
  const { loop, broken, shown, posted } = await world(20);
  broken.add('db');
  await loop.pass(15 * secondMs);
  const opened = shown.length;
  for (let i = 0; i < 20; i++) {
    broken.add(`app${i}`);
    await loop.pass(2 * secondMs);
  }
  await loop.pass(minuteMs);
  const [incident] = await loop.incidents();
  const last = shown.at(-1);
  assert.equal(last?.incident?.title, incident?.title);
  assert.match(last?.incident?.title ?? '', /\(and 20 more\)/);
  assert.equal(last?.incident?.targets.length, 21);
  assert.equal(last?.inPlaceOnly, true);
  assert.ok(shown.length - opened <= 12, `${shown.length - opened} changes in 40 s`);
  assert.deepEqual(
    posted.map(({ event }) => event),
    ['incident.opened'],
  );
  await loop.end();
});

test('a cause that leads again is shown again, though it was told once', async () => {
  let cause = 'toy.full';
  const { loop, broken, shown } = await world(1, [
    {
      id: 'toy.why',
      summary: 'looks',
      explains: ['toy.down'],
      gather: async () => [],
      conclude(_, target): Finding[] {
        const what = { id: cause, target, summary: `${cause} it is`, explanation: 'seen', confidence: 0.6 };
        return [{ ...what, evidence: [], unseen: [], recommendations: [] }];
      },
    },
  ]);
  broken.add('db');
  for (const next of ['toy.full', 'toy.locked', 'toy.full']) {
    cause = next;
    await loop.pass(11 * secondMs);
  }
  await loop.pass(2 * minuteMs);
  const [incident] = await loop.incidents();
  assert.equal(incident?.findings[0]?.id, 'toy.full');
  assert.equal(shown.at(-1)?.incident?.diagnosis?.findings[0]?.id, 'toy.full');
  await loop.end();
});

test('who was called and who took it stand in the message, a few seconds later', async () => {
  const zoe = { id: 'zoe', name: 'Zoe M', timezone: 'UTC', reach: { post: '1' }, via: {} };
  const step = [{ afterMs: 0, notify: ['chat', 'zoe'] }];
  const policy = { name: 'all', steps: step, repeat: null, unacknowledgeAfterMs: null };
  const oncall = {
    ...noOnCall,
    people: [{ ...zoe, quietHours: null, calendar: null }],
    policies: [policy],
    policyOf: { critical: 'all', high: 'all', medium: 'all', low: 'all' },
  };
  const { loop, broken, shown } = await world(0, [], { oncall });
  broken.add('db');
  await loop.pass(30 * secondMs);
  const [incident] = await loop.incidents();
  assert.ok(incident);
  assert.equal(shown[0]?.incident?.paged, undefined);
  const present = shown.at(-1);
  assert.equal(present?.inPlaceOnly, true);
  assert.deepEqual(
    present?.incident?.paged?.map(({ person, by }) => [person, by]),
    [['Zoe M', ['post']]],
  );
  await loop.pipeline.assessor.acknowledge(incident.id, 'chat:zoe');
  await loop.pass(5 * secondMs);
  const taken = shown.find(({ event }) => event === 'incident.acknowledged');
  assert.equal(taken?.incident?.acknowledgedBy, 'Zoe M');
  await loop.end();
});

test('what fires again and again is counted, and the message says so while it goes on', async () => {
  const { loop, broken, shown } = await world(0);
  for (let i = 0; i < 4; i++) {
    broken.add('db');
    await loop.pass(20 * secondMs);
    broken.delete('db');
    await loop.pass(20 * secondMs);
  }
  const times = shown.map(({ incident }) => incident?.alerts[0]?.times ?? 1);
  assert.equal(Math.max(...times), 4);
  assert.ok(times.includes(3), 'while it went on');
  await loop.end();
});
