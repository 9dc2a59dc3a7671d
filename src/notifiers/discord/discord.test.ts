import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { approval, context, evil, life, links, report, storm } from '../../../test/messages.ts';
import { type HttpReceiver, startHttpReceiver } from '../../../test/servers/receiver.ts';
import { discord } from './index.ts';

const open: HttpReceiver[] = [];
after(() => Promise.all(open.map((one) => one.stop())));

interface Sent {
  readonly embeds: readonly { title: string; description: string; color: number }[];
  readonly allowed_mentions: { parse: string[] };
}

async function channelOf() {
  let n = 0;
  const host = await startHttpReceiver((request) =>
    request.method === 'PATCH' ? { body: { id: '1' } } : { status: 200, body: { id: `10${++n}`, type: 0 } },
  );
  open.push(host);
  return { host, channel: discord.bind({ url: `${host.url}/api/webhooks/1/secret?thread_id=7` }) };
}

test('one message is edited in place; a call is a message of its own', async () => {
  const { host, channel } = await channelOf();
  const first = await channel.send({ ...life.opened, links }, context());
  assert.deepEqual(first, { kind: 'delivered', thread: { message: '101' } });
  const thread = { message: '101' };
  await channel.send(life.updated, context({ thread }));
  await channel.send(life.escalated, context({ thread }));
  await channel.send(approval, context({ thread }));
  await channel.send(life.resolved, context({ thread }));
  assert.deepEqual(
    host.requests.map(({ method, path }) => `${method} ${path}`),
    [
      'POST /api/webhooks/1/secret?thread_id=7&wait=true',
      'PATCH /api/webhooks/1/secret/messages/101?thread_id=7',
      'PATCH /api/webhooks/1/secret/messages/101?thread_id=7',
      'POST /api/webhooks/1/secret?thread_id=7&wait=true',
      'POST /api/webhooks/1/secret?thread_id=7&wait=true',
      'PATCH /api/webhooks/1/secret/messages/101?thread_id=7',
    ],
  );
  await channel.send(storm, context({ thread: { message: '102' } }));
  assert.match(host.requests.at(-1)?.path ?? '', /messages\/102/, 'so is that of a storm');
  const [embed] = host.requests[0]?.json<Sent>().embeds ?? [];
  assert.match(embed?.description ?? '', /\[Acknowledge\]\(https:\/\/upkeep/);
});

test('nobody is pinged, markup of others is text, limits are kept', async () => {
  const { host, channel } = await channelOf();
  const { incident } = life.opened;
  assert.ok(incident);
  await channel.send({ ...life.opened, incident: { ...incident, title: evil.repeat(50) } }, context());
  await channel.send(report, context());
  for (const request of host.requests) {
    const { embeds, allowed_mentions } = request.json<Sent>();
    assert.deepEqual(allowed_mentions, { parse: [] });
    assert.ok((embeds[0]?.title.length ?? 0) <= 256 && (embeds[0]?.description.length ?? 0) <= 4_096);
    assert.doesNotMatch(embeds[0]?.title ?? '', /@everyone/);
  }
});

test('a limit is waited out to the fraction, a removed message is written anew, a removed webhook is refused', async () => {
  const { host, channel } = await channelOf();
  host.answer = () => ({
    status: 429,
    body: { message: 'You are being rate limited.', retry_after: 1.337, global: false },
  });
  const busy = await channel.send(life.opened, context());
  assert.ok(busy.kind === 'retry' && busy.afterMs === 1_337);
  host.answer = ({ method }) =>
    method === 'PATCH'
      ? { status: 404, body: { message: 'Unknown Message', code: 10008 } }
      : { status: 200, body: { id: '9' } };
  assert.deepEqual(await channel.send(life.updated, context({ thread: { message: '1' } })), {
    kind: 'delivered',
    thread: { message: '9' },
  });
  host.answer = () => ({ status: 404, body: { message: 'Unknown Webhook', code: 10015 } });
  assert.match(JSON.stringify(await channel.send(life.opened, context())), /refused.*webhook removed/);
});
