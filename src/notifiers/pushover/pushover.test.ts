import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { context, incidentId, life, links } from '../../../test/messages.ts';
import { type HttpReceiver, startHttpReceiver } from '../../../test/servers/receiver.ts';
import { systemClock } from '../../clock.ts';
import { pushover } from './index.ts';

const open: HttpReceiver[] = [];
after(() => Promise.all(open.map((one) => one.stop())));

const hook = 'https://upkeep.example.test/hooks/push';

async function channelOf() {
  const host = await startHttpReceiver((request) => ({
    body: { status: 1, request: 'r', ...(request.form().priority === '2' ? { receipt: 'rcpt1' } : {}) },
  }));
  open.push(host);
  return { host, channel: pushover.bind({ token: 'app', user: 'user', url: host.url }) };
}

test('a critical message repeats until the incident is acknowledged, then its receipt is cancelled', async () => {
  const { host, channel } = await channelOf();
  const opened = await channel.send({ ...life.opened, links }, context({ hook }));
  assert.deepEqual(opened, { kind: 'delivered', thread: { receipt: 'rcpt1' } });
  const form = host.requests[0]?.form();
  assert.deepEqual(
    [form?.priority, form?.retry, form?.expire, form?.url],
    ['2', '60', '3600', links.acknowledge],
  );
  assert.ok((form?.message?.length ?? 0) <= 1_024 && (form?.title?.length ?? 0) <= 250);
  await channel.send(life.acknowledged, context({ hook, thread: { receipt: 'rcpt1' } }));
  assert.equal(host.requests.length, 2, 'an acknowledgement is no message');
  assert.equal(host.requests[1]?.path, '/1/receipts/rcpt1/cancel.json');
});

test('the cause of a critical incident is pushed without a sound and repeats nothing', async () => {
  const { host, channel } = await channelOf();
  const thread = { receipt: 'rcpt1' };
  await channel.send({ ...life.updated, followUp: 'cause-found' }, context({ hook, thread }));
  const form = host.requests[0]?.form();
  assert.deepEqual([form?.priority, form?.retry], ['-1', undefined]);
});

test('an acknowledgement in the app counts here, by the address that only Pushover was given', async () => {
  const { host, channel } = await channelOf();
  await channel.send({ ...life.opened, to: { person: 'anna', address: 'u2' } }, context({ hook }));
  const { callback = '', user } = host.requests[0]?.form() ?? {};
  assert.equal(user, 'u2');
  const come = (url: string, body = 'receipt=rcpt1&acknowledged=1&acknowledged_by=u2') =>
    channel.receive?.({ method: 'POST', url, headers: {}, body }, systemClock);
  assert.deepEqual(await come(callback), {
    kind: 'accepted',
    commands: [{ do: 'acknowledge', id: incidentId, by: 'anna', address: 'u2' }],
  });
  assert.deepEqual(await come(callback, 'acknowledged=0'), { kind: 'accepted', commands: [] });
  assert.equal((await come(callback.replace('anna', 'eve')))?.kind, 'refused');
  assert.equal((await come(`${hook}?incident=${incidentId}`))?.kind, 'refused');
});

test('who acknowledges what a whole channel was sent is named by the key of the user, and when they did', async () => {
  const { host, channel } = await channelOf();
  await channel.send(life.opened, context({ hook }));
  const { callback: url = '' } = host.requests[0]?.form() ?? {};
  const come = async (form: Record<string, string>) => {
    const body = new URLSearchParams({ acknowledged: '1', ...form }).toString();
    const result = await channel.receive?.({ method: 'POST', url, headers: {}, body }, systemClock);
    return result?.kind === 'accepted' ? result.commands[0] : null;
  };
  const user = 'uQiRzpo4DXghDmr9QzzfQu27cmVRsG';
  const known = { acknowledged_by: user, acknowledged_by_device: 'pixel', acknowledged_at: '1790000000' };
  assert.deepEqual(await come(known), {
    ...{ do: 'acknowledge', id: incidentId, by: 'user …VRsG on pixel' },
    ...{ address: user, at: 1_790_000_000_000 },
  });
  assert.equal((await come({ ...known, acknowledged_by_device: '<b>' }))?.by, 'user …VRsG');
  assert.equal((await come({}))?.by, '', 'the channel alone is named');
});

test('a wrong key is refused', async () => {
  const { host, channel } = await channelOf();
  host.answer = () => ({
    status: 400,
    body: { user: 'invalid', errors: ['user identifier is invalid'], status: 0 },
  });
  assert.match(
    JSON.stringify(await channel.send(life.opened, context())),
    /refused.*are token and user right/,
  );
});
