import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { context, life, links } from '../../../test/messages.ts';
import { type HttpReceiver, startHttpReceiver } from '../../../test/servers/receiver.ts';
import { gotify } from './index.ts';

const open: HttpReceiver[] = [];
after(() => Promise.all(open.map((one) => one.stop())));

test('what calls for somebody is pushed with its priority', async () => {
  const host = await startHttpReceiver(() => ({ body: { id: 1 } }));
  open.push(host);
  const channel = gotify.bind({ url: `${host.url}/push/`, token: 'A1' });
  for (const message of [life.opened, life.updated, life.resolved]) {
    assert.equal((await channel.send({ ...message, links }, context())).kind, 'delivered');
  }
  assert.equal(host.requests.length, 2);
  const [opened] = host.requests;
  assert.equal(opened?.path, '/push/message');
  assert.equal(opened?.headers['x-gotify-key'], 'A1');
  const body = opened?.json<{ title: string; message: string; priority: number }>();
  assert.equal(body?.priority, 10);
  assert.match(body?.title ?? '', /^SEV1 · PostgreSQL takes no logins/);
  assert.ok(body?.message.includes(links.acknowledge));
});

test('a wrong token is refused', async () => {
  const host = await startHttpReceiver(() => ({
    status: 401,
    body: { error: 'Unauthorized', errorCode: 401 },
  }));
  open.push(host);
  const delivery = await gotify.bind({ url: host.url, token: 'x' }).send(life.opened, context());
  assert.match(JSON.stringify(delivery), /refused.*is the token that of an application/);
});
