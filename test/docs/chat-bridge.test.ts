import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import type { Message } from '../../src/core/message.ts';
import { webhook } from '../../src/notifiers/webhook/index.ts';
import { root } from '../suites.ts';

const secret = 'sixteen-or-more-letters';
const message: Message = {
  version: 1,
  event: 'incident.opened',
  key: 'one:opened',
  at: '2026-11-22T08:00:00.000Z',
  source: 'shop',
  incident: {
    id: 'one',
    title: 'db: PostgreSQL takes no logins',
    severity: 'SEV1',
    level: 'critical',
    status: 'open',
    services: [],
    targets: ['db'],
    openedAt: '2026-11-22T08:00:00.000Z',
    alerts: [],
    actions: [],
  },
  url: 'http://127.0.0.1:4747/incidents/one',
};

test('the bridge of the examples posts each signed message once, and nothing unsigned', async (t) => {
  const texts: string[] = [];
  const chat = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    texts.push(String((JSON.parse(body) as { text: unknown }).text));
    response.end();
  }).listen(0, '127.0.0.1');
  await once(chat, 'listening');
  const { port } = chat.address() as AddressInfo;
  const bridge = spawn(process.execPath, ['examples/chat-bridge.js'], {
    cwd: root,
    env: { CHAT_URL: `http://127.0.0.1:${port}/`, UPKEEP_SECRET: secret, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => {
    bridge.kill();
    chat.close();
  });
  const [line = ''] = (await once(createInterface({ input: bridge.stdout }), 'line')) as string[];
  const url = /http:\S+/.exec(line)?.[0] ?? '';
  const ctx = { clock: systemClock, signal: new AbortController().signal, print: () => {}, thread: null };

  const signed = webhook.bind({ url, secret });
  assert.equal((await signed.send(message, ctx)).kind, 'delivered');
  assert.equal((await signed.send(message, ctx)).kind, 'delivered');
  assert.deepEqual(texts, [
    'SEV1 opened: db: PostgreSQL takes no logins\nhttp://127.0.0.1:4747/incidents/one',
  ]);

  const stranger = webhook.bind({ url, secret: 'another-secret-of-somebody' });
  assert.equal((await stranger.send({ ...message, key: 'two' }, ctx)).kind, 'refused');
  assert.equal(texts.length, 1);
});
