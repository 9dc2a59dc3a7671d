/** From many real failures at once to one mail, and by its one link to all of them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { until } from '../../../test/scenarios/watched-stack.ts';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import { type MailServer, startSmtp } from '../../../test/servers/smtp.ts';
import type { IncidentView } from '../../core/view.ts';

let served: ServedApp;
let mail: MailServer;
const doors = Array.from({ length: 4 }, () => createServer((socket) => socket.end()));

before(async () => {
  mail = await startSmtp();
  for (const door of doors) await once(door.listen(0, '127.0.0.1'), 'listening');
  const ports = doors.map((door) => (door.address() as AddressInfo).port);
  served = await serveApp({
    yaml: [
      'name: shop',
      'targets:',
      ...ports.map((port, i) => `  web${i}: { system: tcp, host: 127.0.0.1, port: ${port}, every: 1s }`),
      'notify:',
      `  mail: { notifier: email, host: localhost, port: ${mail.port}, tls: none, from: u@shop.example, to: ops@shop.example }`,
      '',
    ].join('\n'),
  });
});
after(async () => {
  await served.stop();
  for (const door of doors) door.close();
  await mail.stop();
});

test('the mail of many incidents has one link; its page names them, and its button acknowledges each', async () => {
  for (const door of doors) door.close();
  const found = await until('a mail with a link for all', () =>
    mail.mails
      .map(({ raw }) => /Acknowledge all: (http\S+\/link\/\S+)/.exec(raw.replaceAll('=\r\n', ''))?.[1])
      .find((one) => one !== undefined),
  );
  const path = new URL(found).pathname;
  const page = await served.ask('GET', path);
  assert.equal(page.status, 200);
  assert.match(page.text, /Acknowledge 3 incidents\?/);
  const incidents = () => served.call<IncidentView[]>('incident.list', { status: 'all' });
  const listed = (await incidents()).filter(({ title }) => page.text.includes(title.split(':')[0] ?? '?'));
  assert.equal(listed.length, 3);
  assert.ok(
    (await incidents()).every(({ acknowledgedBy }) => acknowledgedBy === null),
    'nothing yet',
  );
  const done = await served.ask('POST', path, {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  assert.equal(done.status, 200);
  assert.match(done.text, /<h1>Acknowledged<\/h1>/);
  const taken = (await incidents()).filter(({ acknowledgedBy }) => acknowledgedBy === 'link:mail');
  assert.deepEqual(taken.map(({ id }) => id).toSorted(), listed.map(({ id }) => id).toSorted());
  assert.match((await served.ask('GET', path)).text, /None of these incidents waits for anybody/);
});
