/** What joins an open incident as trouble of its own is told once; on a clock that is told the time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { down, downRule, minuteMs, startLoop, threshold, toyTarget, up } from '../../test/simulation/loop.ts';
import type { NotifierSettings } from '../core/configuration.ts';
import type { Message } from '../core/message.ts';
import { noOnCall, type OnCall } from '../core/oncall/model.ts';

const notifiers: NotifierSettings[] = [
  { name: 'post', kind: 'test', settings: {} },
  { name: 'mail', kind: 'test', settings: {}, takesCause: 'anew' },
  { name: 'chat', kind: 'test', settings: {}, takesCause: 'in-place' },
];
const ann = {
  ...{ id: 'ann', name: 'Ann', timezone: 'UTC', quietHours: null, calendar: null },
  ...{ reach: { mail: 'ann@toy.test' }, via: { high: ['mail'] } },
};
const levels = { warning: 'medium', critical: 'high' } as const;
const locks = threshold({ id: 'toy.locks', summary: 'Sessions wait', levels });
const recoveryPoint = threshold({
  ...{ id: 'toy.recovery-point-age', summary: 'What was written lately could not be restored' },
  ...{ metric: 'toy.slots', levels },
});

const burn = threshold({
  ...{ id: 'slo.burn-rate', summary: 'Availability of shop burns its error budget', metric: 'toy.slots' },
  ...{ levels: { warning: 'low', critical: 'high' } as const },
});

async function watched(second = recoveryPoint) {
  const values = { load: 95, slots: 0 };
  const got: { channel: string; message: Message }[] = [];
  const receiver = (channel: string) => async (message: Message) => {
    got.push({ channel, message });
    return { kind: 'delivered' } as const;
  };
  const names = ['post', 'mail', 'chat'];
  const now = [...names, 'ann'].map((notify) => ({ notify, afterMs: 0 }));
  const oncall: OnCall = { ...noOnCall, people: [ann] };
  const loop = await startLoop({
    targets: [toyTarget('db', { rules: [locks, second] })],
    probe: async () => ({
      ok: true,
      readings: [
        { metric: 'toy.load', value: values.load },
        { metric: 'toy.slots', value: values.slots },
      ],
    }),
    configuration: { notifiers, escalation: { critical: now, high: now, medium: now, low: now }, oncall },
    channels: Object.fromEntries(names.map((name) => [name, receiver(name)])),
  });
  const heard = (channel: string, person: string | null = null) =>
    got
      .filter((one) => one.channel === channel && (one.message.to?.person ?? null) === person)
      .map(({ message }) => message.followUp ?? message.event.replace('incident.', ''));
  await loop.pass(minuteMs);
  return { values, loop, got, heard };
}

test('a log archive that falls behind beside other trouble is told as it begins and as it gets graver', async () => {
  const { values, loop, got, heard } = await watched();
  assert.deepEqual(heard('mail', 'ann'), ['opened']);
  values.slots = 75;
  await loop.pass(minuteMs);
  assert.deepEqual(heard('post'), ['opened', 'updated']);
  assert.deepEqual(heard('mail'), ['opened', 'more-trouble']);
  assert.deepEqual(heard('mail', 'ann'), ['opened', 'more-trouble']);
  const told = got.findLast(({ channel }) => channel === 'mail')?.message;
  assert.equal(told?.incident?.title, 'db: Sessions wait; what was written lately could not be restored');
  assert.match(String(told?.notice?.markdown), /^- db: What was written lately could not be restored/);
  assert.ok(heard('chat').length > 1, 'chat shows it in place');
  values.slots = 95;
  await loop.pass(10 * minuteMs);
  assert.deepEqual(heard('mail', 'ann'), ['opened', 'more-trouble', 'more-trouble']);
  const [incident] = await loop.incidents();
  assert.equal(incident?.level, 'high');
  assert.deepEqual(
    (await loop.journal('incident.joined-told')).map(({ payload }) => payload.subjects),
    [[{ subject: 'log of db', reason: 'another-subject' }], [{ subject: 'log of db', reason: 'graver' }]],
  );
  await loop.end();
});

test('a budget that burns fast is told to all who know of something else', async () => {
  const { values, loop, got, heard } = await watched(burn);
  values.slots = 95;
  await loop.pass(minuteMs);
  assert.deepEqual(heard('mail'), ['opened', 'more-trouble']);
  assert.deepEqual(heard('mail', 'ann'), ['opened', 'more-trouble']);
  assert.deepEqual(heard('post'), ['opened', 'updated']);
  const told = got.findLast(({ channel }) => channel === 'mail')?.message;
  assert.equal(told?.incident?.title, 'db: Sessions wait; availability of shop burns its error budget');
  await loop.end();
});

const disk = threshold({ id: 'toy.disk', summary: 'The disk is full soon', metric: 'toy.slots', levels });

test('another failure of the same target is told once it is as grave as the incident, and no sooner', async () => {
  const { values, loop, got, heard } = await watched(disk);
  await loop.pass(2 * minuteMs);
  values.slots = 75;
  await loop.pass(minuteMs);
  assert.deepEqual(heard('mail'), ['opened'], 'less grave than what is known');
  values.slots = 95;
  await loop.pass(minuteMs);
  assert.deepEqual(heard('mail'), ['opened', 'more-trouble']);
  assert.deepEqual(heard('mail', 'ann'), ['opened', 'more-trouble']);
  assert.deepEqual(heard('post'), ['opened', 'updated']);
  const shown = got.findLast(({ channel, message }) => channel === 'chat' && !message.inPlaceOnly)?.message;
  assert.match(String(shown?.notice?.markdown), /^- db: The disk is full soon/);
  assert.deepEqual(
    (await loop.journal('incident.joined-told')).map(({ payload }) => payload.subjects),
    [[{ subject: 'toy.disk on db', reason: 'another-failure' }]],
  );
  await loop.end();
});

test('what fails within two minutes of the first is one trouble, and no message', async () => {
  const { values, loop, heard } = await watched(disk);
  values.slots = 95;
  await loop.pass(4 * minuteMs);
  assert.deepEqual(heard('mail'), ['opened']);
  assert.deepEqual(heard('post'), ['opened']);
  await loop.end();
});

test('what is well again before it was told is not, and what flaps is told once', async () => {
  const { values, loop, heard } = await watched();
  for (const value of [75, 0, 75, 0, 75, 0]) {
    values.slots = value;
    await loop.pass(minuteMs);
  }
  assert.deepEqual(heard('mail', 'ann'), ['opened', 'more-trouble']);
  await loop.end();
});

test('an outage is told within seconds, whatever was told a moment ago', async () => {
  const critical = { warning: 'medium', critical: 'critical' } as const;
  const values = { load: 95, slots: 0, isDown: false };
  const locked = threshold({ id: 'toy.locks', summary: 'Sessions wait', levels: critical });
  const full = threshold({ ...disk, levels: critical });
  const loop = await startLoop({
    targets: [toyTarget('db', { rules: [locked, full, downRule] })],
    probe: async () =>
      values.isDown
        ? down
        : {
            ok: true,
            readings: [
              { metric: 'toy.load', value: values.load },
              { metric: 'toy.slots', value: values.slots },
            ],
          },
  });
  const told = async () =>
    (await loop.journal('incident.joined-told')).map(({ payload }) => payload.subjects);
  const another = (subject: string) => [{ subject, reason: 'another-failure' }];
  await loop.pass(4 * minuteMs);
  values.slots = 95;
  await loop.pass(minuteMs);
  assert.deepEqual(await told(), [another('toy.disk on db')]);
  values.isDown = true;
  await loop.pass(minuteMs);
  assert.deepEqual(await told(), [another('toy.disk on db'), another('toy.down on db')]);
  await loop.end();
});

test('who gets mail hears once that what lies beneath has gone down, where nothing was found of it', async () => {
  const downNow = new Set<string>();
  const mails: Message[] = [];
  const escalation = { notify: 'mail', afterMs: 0 };
  const loop = await startLoop({
    targets: [toyTarget('api', { dependsOn: ['db'] }), toyTarget('db')],
    probe: async (name) => (downNow.has(name) ? down : up),
    configuration: {
      notifiers: [{ name: 'mail', kind: 'test', settings: {}, takesCause: 'anew' }],
      escalation: { critical: [escalation], high: [escalation], medium: [], low: [] },
    },
    channels: {
      mail: async (message) => {
        // As mail does: what lies between is no message of its own.
        if (message.event === 'incident.updated' && !message.followUp)
          return { kind: 'delivered', isFolded: true };
        mails.push(message);
        return { kind: 'delivered' };
      },
    },
  });
  await loop.pass(minuteMs);
  downNow.add('api');
  await loop.pass(4 * minuteMs);
  downNow.add('db');
  await loop.pass(10 * minuteMs);
  assert.deepEqual(
    mails.map(({ event, followUp, incident }) => [followUp ?? event, incident?.title]),
    [
      ['incident.opened', 'api: is down'],
      ['more-trouble', 'db: is down (and 1 more)'],
    ],
  );
  await loop.end();
});
