import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { context, evil, life, links, report } from '../../../test/messages.ts';
import { type HttpReceiver, startHttpReceiver } from '../../../test/servers/receiver.ts';
import { ntfy } from './index.ts';

const open: HttpReceiver[] = [];
after(() => Promise.all(open.map((one) => one.stop())));

interface Sent {
  readonly topic: string;
  readonly title: string;
  readonly message: string;
  readonly priority: number;
  readonly actions: { action: string; label: string; method: string; url: string }[];
}

test('what calls for somebody is pushed with its priority and buttons that act', async () => {
  const host = await startHttpReceiver(() => ({ body: { id: 'x', event: 'message' } }));
  open.push(host);
  const channel = ntfy.bind({ topic: 'ops', token: 'tk_1', url: host.url });
  for (const message of [life.opened, life.updated, life.acknowledged, life.resolved]) {
    assert.equal((await channel.send({ ...message, links }, context())).kind, 'delivered');
  }
  await channel.send({ ...report, report: { title: 't', markdown: `${evil}\n\n`.repeat(900) } }, context());
  await channel.send({ ...life.opened, to: { person: 'anna', address: 'anna-topic' } }, context());
  const [opened, resolved, long, direct] = host.requests.map((one) => one.json<Sent>());
  assert.deepEqual([opened?.topic, opened?.priority, resolved?.priority], ['ops', 5, 3]);
  assert.equal(host.requests[0]?.headers.authorization, 'Bearer tk_1');
  assert.deepEqual(
    opened?.actions.map(({ action, label, method, url }) => [action, label, method, url]),
    [
      ['http', 'Acknowledge', 'POST', links.acknowledge],
      ['http', 'Resolve', 'POST', links.resolve],
    ],
  );
  assert.ok(Buffer.byteLength(long?.message ?? '') <= 4_096);
  assert.equal(direct?.topic, 'anna-topic');
});

test('the cause is pushed without a sound', async () => {
  const host = await startHttpReceiver(() => ({ body: { id: 'x', event: 'message' } }));
  open.push(host);
  const channel = ntfy.bind({ topic: 'ops', url: host.url });
  await channel.send({ ...life.updated, followUp: 'cause-found' }, context());
  const sent = host.requests[0]?.json<Sent>();
  assert.equal(sent?.priority, 2);
  assert.match(sent?.title ?? '', /^Cause found · SEV1/);
});

test('a topic that may not be written is refused, a limit waited out', async () => {
  const host = await startHttpReceiver(() => ({
    status: 403,
    body: { code: 40301, http: 403, error: 'forbidden' },
  }));
  open.push(host);
  const channel = ntfy.bind({ topic: 'ops', url: host.url });
  assert.match(JSON.stringify(await channel.send(life.opened, context())), /refused.*may the token write/);
  host.answer = () => ({ status: 429, body: { code: 42901, error: 'limit reached' } });
  assert.equal((await channel.send(life.opened, context())).kind, 'retry');
});
