/** The live stream: who may hear, when it ends, what becomes of readers that do not read. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { until } from '../../test/scenarios/watched-stack.ts';
import { cookieOf, type ServedApp, serveApp } from '../../test/served-app.ts';

let served: ServedApp;
before(async () => {
  served = await serveApp();
  await served.setUp();
});
after(() => served.stop());

interface Listening {
  readonly socket: Socket;
  text(): string;
  isOver(): boolean;
}

function listen(header: string): Listening {
  const { hostname, port, host } = new URL(served.url);
  const socket = connect(Number(port), hostname);
  let all = '';
  let over = false;
  socket.setEncoding('utf8').on('data', (part: string) => {
    all += part;
  });
  socket.once('close', () => {
    over = true;
  });
  socket.on('error', () => {});
  socket.write(`GET /api/v1/events HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n${header}\r\n\r\n`);
  return { socket, text: () => all, isOver: () => over };
}

const heard = (listening: Listening, pattern: RegExp) =>
  until(String(pattern), () => (pattern.test(listening.text()) ? true : undefined));
const over = (listening: Listening) =>
  until('the stream is over', () => (listening.isOver() ? true : undefined));
const note = (name: string) => served.call<{ id: string }>('token.create', { name });

test('journal entries are heard as they are written, and the stream says hello first', async () => {
  const listening = listen(`authorization: Bearer ${await served.token('read')}`);
  await heard(listening, /event: hello/);
  assert.match(listening.text(), /^HTTP\/1\.1 200/);
  await note('heard');
  await heard(listening, /event: journal\r?\ndata: \{.*token\.created.*heard/);
  listening.socket.destroy();
});

test('a stream ends when its session is signed out or revoked, and goes on for others', async () => {
  const [first, second] = [cookieOf(await served.signIn()), cookieOf(await served.signIn())];
  const [one, two] = [listen(`cookie: ${first}`), listen(`cookie: ${second}`)];
  await heard(one, /hello/);
  await heard(two, /hello/);
  await served.ask('DELETE', '/api/v1/session', { cookie: first, headers: { 'x-upkeep': '1' } });
  await over(one);
  assert.doesNotMatch(one.text(), /"kind":"logout"/, 'not even this is told to who is out');
  await note('after one');
  await heard(two, /after one/);
  await served.call('session.revoke', { id: 'all' });
  await over(two);
});

test('a stream ends when its token is revoked', async () => {
  const { id, token } = await served.call<{ id: string; token: string }>('token.create', { name: 'short' });
  const listening = listen(`authorization: Bearer ${token}`);
  await heard(listening, /hello/);
  await served.call('token.revoke', { id });
  await over(listening);
});

test('a reader that does not read is cut off, and one that reads hears everything', async () => {
  const token = await served.token('read');
  const [slow, quick] = [listen(`authorization: Bearer ${token}`), listen(`authorization: Bearer ${token}`)];
  await heard(slow, /hello/);
  await heard(quick, /hello/);
  slow.socket.pause();
  const { store, changed } = served.app.ctx;
  const { append } = await import('../store/journal.ts');
  const payload = { detail: 'x'.repeat(8_000) };
  for (let round = 0; round < 16; round++) {
    await store.transaction(async (tx) => {
      for (let n = 0; n < 250; n++)
        await append(tx, { at: 0, actor: 'test', kind: 'test.flood', subject: `n${round}.${n}.`, payload });
    });
    changed();
    await heard(quick, new RegExp(`n${round}\\.249\\.`));
  }
  slow.socket.resume();
  await over(slow);
  assert.doesNotMatch(slow.text(), /n15\.249\./);
  assert.equal(quick.isOver(), false);
  quick.socket.destroy();
});

test('HEAD opens no stream, and stopping ends those that are open at once', async () => {
  const token = await served.token('read');
  const head = await served.ask('HEAD', '/api/v1/events', { token });
  assert.equal(head.status, 200);
  const listening = listen(`authorization: Bearer ${token}`);
  await heard(listening, /hello/);
  await served.restart();
  await over(listening);
});
