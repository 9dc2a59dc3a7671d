import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { approval, context, evil, life, links, report } from '../../../test/messages.ts';
import { type HttpReceiver, startHttpReceiver } from '../../../test/servers/receiver.ts';
import { teams } from './index.ts';

const open: HttpReceiver[] = [];
after(() => Promise.all(open.map((one) => one.stop())));

async function channelOf(status = 202) {
  const host = await startHttpReceiver(() => ({ status, body: '' }));
  open.push(host);
  return { host, channel: teams.bind({ url: `${host.url}/workflows/secret?sig=secret` }) };
}

test('a card for what calls for somebody and its end; nothing between, for it cannot be updated', async () => {
  const { host, channel } = await channelOf();
  for (const message of [
    life.opened,
    life.updated,
    life.acknowledged,
    life.escalated,
    life.mitigated,
    life.resolved,
  ]) {
    assert.equal((await channel.send({ ...message, links }, context())).kind, 'delivered');
  }
  assert.equal(host.requests.length, 3);
  const card = host.requests[0]?.json<{
    type: string;
    attachments: { contentType: string; content: object }[];
  }>();
  assert.equal(card?.type, 'message');
  assert.equal(card?.attachments[0]?.contentType, 'application/vnd.microsoft.card.adaptive');
  const text = JSON.stringify(card?.attachments[0]?.content);
  for (const part of ['SEV1', '"style":"attention"', 'Action.OpenUrl', links.acknowledge, 'shop, checkout'])
    assert.ok(text.includes(part), part);
});

test('texts of others stand in text runs alone, and a card stays below 28 KB', async () => {
  const { host, channel } = await channelOf();
  const { incident } = life.opened;
  assert.ok(incident);
  await channel.send({ ...life.opened, incident: { ...incident, title: evil.repeat(100) } }, context());
  await channel.send({ ...report, report: { title: 't', markdown: `${evil}\n\n`.repeat(2_000) } }, context());
  await channel.send(approval, context());
  for (const request of host.requests) {
    assert.ok(request.body.length < 28_000, `${request.body.length}`);
    assert.doesNotMatch(request.body, /"type":"TextBlock"|FactSet/);
  }
});

test('a workflow that is gone is refused, one that is busy tried again', async () => {
  assert.equal((await (await channelOf(404)).channel.send(life.opened, context())).kind, 'refused');
  assert.equal((await (await channelOf(429)).channel.send(life.opened, context())).kind, 'retry');
});
