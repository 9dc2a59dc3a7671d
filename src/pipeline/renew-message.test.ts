/** What people read when a channel is back: how the incident stands, once, and in the timeline that it came late. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { down, minuteMs, secondMs, startLoop, type Toy, toyTarget, up } from '../../test/simulation/loop.ts';
import type { Message } from '../core/message.ts';
import type { Diagnosis } from '../core/system.ts';
import type { Send } from './notify.ts';

const cause: Diagnosis<Toy> = {
  id: 'toy.cause',
  summary: 'looks',
  explains: ['toy.down'],
  gather: async (_, target) => [{ id: 'seen', target, title: 'Seen', at: 0, how: 'asked' }],
  conclude: (_, target) => {
    const said = { summary: 'no room', explanation: '', confidence: 0.9 };
    return [{ id: 'toy.full', target, ...said, evidence: ['seen'], unseen: [], recommendations: [] }];
  },
};

/** Refuses until it is let; then keeps what it takes. */
function channel() {
  const state = { isDown: true };
  const taken: Message[] = [];
  const send: Send = async (message) => {
    if (state.isDown) return { kind: 'retry', detail: 'connect ECONNREFUSED' };
    taken.push(message);
    return { kind: 'delivered' };
  };
  return { state, taken, send };
}

async function begin(fallback?: Send) {
  const mail = channel();
  const world = { isDown: true };
  const now = [{ notify: 'mail', afterMs: 0 }];
  const loop = await startLoop({
    targets: [toyTarget('web')],
    diagnoses: [cause],
    probe: async () => (world.isDown ? down : up),
    channels: { mail: mail.send, ...(fallback ? { ops: fallback } : {}) },
    configuration: {
      notifiers: [
        { name: 'mail', kind: 'test', settings: {}, ...(fallback ? { fallback: 'ops' } : {}) },
        ...(fallback ? [{ name: 'ops', kind: 'test', settings: {} }] : []),
      ],
      escalation: { critical: now, high: now, medium: now, low: now },
    },
  });
  return { loop, mail, world };
}

test('a message that waited names the cause found meanwhile, once, and the timeline says that it left late', async () => {
  const { loop, mail } = await begin();
  await loop.pass(5 * minuteMs);
  mail.state.isDown = false;
  await loop.pass(10 * minuteMs);
  const [late] = await loop.journal('message.late');
  const delayed = await loop.journal('message.delayed');
  await loop.end();
  assert.deepEqual(
    mail.taken.map(({ event }) => event),
    ['incident.opened', 'incident.updated'],
  );
  assert.equal(mail.taken[0]?.incident?.diagnosis?.findings[0]?.summary, 'no room');
  assert.equal(delayed.length, 1);
  assert.match(delayed[0]?.told.text ?? '', /^A message to mail did not leave .*: connect ECONNREFUSED$/);
  assert.ok(Number(late?.payload.lateMs) >= 5 * minuteMs - 20 * secondMs, JSON.stringify(late?.payload));
  assert.equal(late?.payload.isFirst, true);
  assert.match(late?.told.text ?? '', /^The page to mail left \S+ m( \d+ s)? late: connect ECONNREFUSED$/);
});

test('an incident that is over when the channel is back is one message that says so', async () => {
  const { loop, mail, world } = await begin();
  await loop.pass(2 * minuteMs);
  world.isDown = false;
  await loop.pass(4 * minuteMs);
  mail.state.isDown = false;
  await loop.pass(20 * minuteMs);
  const dropped = await loop.journal('message.dropped');
  await loop.end();
  assert.deepEqual(
    mail.taken.map(({ event, incident }) => [event, incident?.status, incident?.diagnosis?.findings.length]),
    [['incident.resolved', 'resolved', 1]],
  );
  assert.ok(dropped.length >= 1);
});

test('a channel that wants no ends still says that what it tells late is over', async () => {
  const { loop, mail, world } = await begin();
  loop.reload({
    notifiers: [{ name: 'mail', kind: 'test', settings: {}, events: ['incident.opened'] }],
  });
  await loop.pass(2 * minuteMs);
  world.isDown = false;
  await loop.pass(4 * minuteMs);
  mail.state.isDown = false;
  await loop.pass(20 * minuteMs);
  await loop.end();
  assert.deepEqual(
    mail.taken.map(({ event, incident }) => [event, incident?.status]),
    [['incident.resolved', 'resolved']],
  );
  assert.match(mail.taken[0]?.key ?? '', /:opened:over$/);
});

test('an escalation that somebody answered while the channel was out is dropped, and the journal says why', async () => {
  const lead = channel();
  const loop = await startLoop({
    targets: [toyTarget('web')],
    probe: async () => down,
    channels: { lead: lead.send },
    configuration: {
      notifiers: ['post', 'lead'].map((name) => ({ name, kind: 'test', settings: {} })),
      escalation: {
        ...{ high: [], medium: [], low: [] },
        critical: [
          { notify: 'post', afterMs: 0 },
          { notify: 'lead', afterMs: minuteMs },
        ],
      },
    },
  });
  await loop.pass(3 * minuteMs);
  const [incident] = await loop.incidents();
  await loop.pipeline.assessor.acknowledge(incident?.id ?? '', 'ann');
  lead.state.isDown = false;
  await loop.pass(10 * minuteMs);
  assert.deepEqual(
    lead.taken.map(({ event, incident: told }) => [event, told?.status]),
    [['incident.acknowledged', 'acknowledged']],
  );
  const [dropped] = await loop.journal('message.dropped');
  assert.match(dropped?.told.text ?? '', /ann has acknowledged since/);
  await loop.end();
});

test('an end that waited is not told of an incident that is open again', async () => {
  const { loop, mail, world } = await begin();
  mail.state.isDown = false;
  await loop.pass(minuteMs);
  mail.state.isDown = true;
  world.isDown = false;
  await loop.pass(3 * minuteMs);
  world.isDown = true;
  await loop.pass(2 * minuteMs);
  mail.state.isDown = false;
  await loop.pass(10 * minuteMs);
  assert.ok(mail.taken.length >= 2);
  for (const { event, incident } of mail.taken)
    assert.ok(
      event !== 'incident.resolved' || incident?.status === 'resolved',
      `${event} ${incident?.status}`,
    );
  assert.equal(mail.taken.at(-1)?.incident?.reopened, 1);
  await loop.end();
});

test('a fallback is told how it stands when it has to tell', async () => {
  const told: Message[] = [];
  const { loop } = await begin(async (message) => {
    told.push(message);
    return { kind: 'delivered' };
  });
  await loop.pass(2 * minuteMs);
  await loop.end();
  assert.equal(told[0]?.event, 'incident.opened');
  assert.equal(told[0]?.incident?.diagnosis?.findings[0]?.summary, 'no room');
});
