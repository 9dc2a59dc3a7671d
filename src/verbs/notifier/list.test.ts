import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import type { notifierList } from './list.ts';

let answer = 200;
const receiver = createServer((_, response) => response.writeHead(answer).end());
let served: ServedApp;
before(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  served = await serveApp({
    yaml: `name: channels
targets: { web: { system: process, pidFile: /nonexistent/it.pid, every: 1h } }
notify: { hook: { notifier: webhook, url: "http://127.0.0.1:${port}/" } }
oncall: { escalation: { critical: [], high: [], medium: [], low: [] } }
`,
  });
});
after(async () => {
  await served.stop();
  receiver.close();
});

const hook = async () => {
  const [row] = await served.call<Awaited<ReturnType<(typeof notifierList)['run']>>>('notifier.list');
  assert.ok(row);
  return row;
};

test('a channel is unused until something arrives, works then, and fails until something arrives again, over restarts', async () => {
  assert.equal((await hook()).health, 'unused');
  await served.call('notifier.test', { name: 'hook' });
  const { health, lastDeliveredAt } = await hook();
  assert.equal(health, 'works');
  assert.ok(lastDeliveredAt !== null);
  answer = 404;
  await served.call('notifier.test', { name: 'hook' });
  const failing = await hook();
  assert.equal(failing.health, 'fails');
  assert.match(failing.lastFailure ?? '', /404/);
  await served.restart();
  const later = await hook();
  assert.equal(later.health, 'fails', 'also after a start');
  assert.match(later.lastFailure ?? '', /404/);
  assert.ok((later.failingSince ?? 0) >= lastDeliveredAt);
  answer = 200;
  await served.call('notifier.test', { name: 'hook' });
  assert.equal((await hook()).health, 'works');
});
