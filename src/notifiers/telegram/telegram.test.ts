import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { context, evil, life, links, report, storm } from '../../../test/messages.ts';
import { type HttpReceiver, startHttpReceiver } from '../../../test/servers/receiver.ts';
import { telegram } from './index.ts';

const open: HttpReceiver[] = [];
after(() => Promise.all(open.map((one) => one.stop())));

interface Sent {
  readonly chat_id: string;
  readonly message_id?: number;
  readonly text: string;
  readonly reply_markup: { inline_keyboard: { text: string; url: string }[][] };
}

async function channelOf() {
  let n = 40;
  const host = await startHttpReceiver((request) => ({
    body: { ok: true, result: { message_id: request.path.endsWith('sendMessage') ? ++n : 41 } },
  }));
  open.push(host);
  return { host, channel: telegram.bind({ token: '123:abc', chat: '-100', url: host.url }) };
}

test('one message is edited in place, with links as buttons; a person has a chat of their own', async () => {
  const { host, channel } = await channelOf();
  const sent = await channel.send({ ...life.opened, links }, context());
  assert.deepEqual(sent, { kind: 'delivered', thread: { chat: '-100', message: '41' } });
  const thread = { chat: '-100', message: '41' };
  await channel.send(life.resolved, context({ thread }));
  await channel.send({ ...life.opened, to: { person: 'anna', address: '77' } }, context());
  const kept = await channel.send(storm, context());
  assert.deepEqual(kept, { kind: 'delivered', thread: { chat: '-100', message: '43' } });
  await channel.send(storm, context({ thread: { chat: '-100', message: '43' } }));
  const bodies = host.requests.map((one) => ({ path: one.path, ...one.json<Sent>() }));
  assert.deepEqual(
    bodies.map(({ path, chat_id }) => [path, chat_id]),
    [
      ['/bot123:abc/sendMessage', '-100'],
      ['/bot123:abc/editMessageText', '-100'],
      ['/bot123:abc/sendMessage', '77'],
      ['/bot123:abc/sendMessage', '-100'],
      ['/bot123:abc/editMessageText', '-100'],
    ],
  );
  assert.equal(bodies[1]?.message_id, 41);
  assert.deepEqual(
    bodies[0]?.reply_markup.inline_keyboard.flat().map(({ text }) => text),
    ['Acknowledge', 'Resolve', 'Open'],
  );
});

test('only our own markup, every tag closed, below 4,096 characters; no button that others cannot reach', async () => {
  const { host, channel } = await channelOf();
  const { incident } = life.opened;
  assert.ok(incident);
  await channel.send(
    { ...life.opened, incident: { ...incident, title: evil.repeat(99) }, url: 'http://127.0.0.1:1/' },
    context(),
  );
  await channel.send(
    { ...report, report: { title: 't', markdown: `**b** ${evil}\n\n`.repeat(500) } },
    context(),
  );
  for (const request of host.requests) {
    const { text, reply_markup } = request.json<Sent>();
    assert.doesNotMatch(text, /<(?!\/?(b|i|code|a)\b)/);
    const tags = [...text.matchAll(/<(\/?)(b|i|code|a)\b/g)];
    assert.equal(tags.filter(([, end]) => end).length * 2, tags.length);
    assert.ok(text.replace(/<[^>]*>/g, '').replace(/&\w+;/g, 'x').length <= 4_096);
    assert.doesNotMatch(JSON.stringify(reply_markup), /127\.0/);
  }
  assert.match(host.requests[0]?.json<Sent>().text ?? '', /\nOpen: http:\/\/127\.0\.0\.1:1\/\n/);
});

test('what Telegram says is understood', async () => {
  const { host, channel } = await channelOf();
  const thread = { chat: '-100', message: '41' };
  const bad = (description: string) => () => ({
    status: 400,
    body: { ok: false, error_code: 400, description },
  });
  host.answer = bad('Bad Request: message is not modified: specified new message content …');
  assert.equal((await channel.send(life.updated, context({ thread }))).kind, 'delivered');
  host.answer = bad('Bad Request: chat not found');
  assert.match(JSON.stringify(await channel.send(life.opened, context())), /refused.*bot in the chat/);
  host.answer = () => ({
    status: 429,
    body: { ok: false, error_code: 429, parameters: { retry_after: 14 } },
  });
  const busy = await channel.send(life.opened, context());
  assert.ok(busy.kind === 'retry' && busy.afterMs === 14_000);
  host.answer = (request) =>
    request.path.endsWith('editMessageText')
      ? { status: 400, body: { ok: false, description: 'Bad Request: message to edit not found' } }
      : { body: { ok: true, result: { message_id: 50 } } };
  const anew = await channel.send(life.updated, context({ thread }));
  assert.deepEqual(anew, { kind: 'delivered', thread: { chat: '-100', message: '50' } });
});
