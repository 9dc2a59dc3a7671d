/** A hundred targets of one service failing and recovering together: one message each way; a hanging receiver harms nobody. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createApp } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { readConfiguration } from '../../src/config/read.ts';
import { silentLog } from '../../src/log.ts';
import { notifiers } from '../../src/notifiers/index.ts';
import { systems } from '../../src/systems/index.ts';
import { startReceiver, until } from './watched-stack.ts';

const count = 100;

test('a storm is one incident and one message each way, while another receiver hangs', {
  timeout: 400_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-storm-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const receiver = await startReceiver();
  t.after(receiver.close);
  const blackHole = createTcpServer(() => {});
  await new Promise<void>((resolve) => blackHole.listen(0, '127.0.0.1', resolve));
  t.after(() => blackHole.close());
  let status = 200;
  const web: Server = createServer((_request, response) => {
    response.statusCode = status;
    response.end('x');
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  t.after(() => web.closeAllConnections());
  t.after(() => web.close());
  const { port } = web.address() as AddressInfo;
  const hang = (blackHole.address() as AddressInfo).port;
  const names = Array.from({ length: count }, (_, i) => `shop-${i}`);
  const text = [
    'name: storm',
    'targets:',
    ...names.map(
      (name) =>
        `  ${name}: { system: http, url: "http://127.0.0.1:${port}/${name}", every: 2s, timeout: 10s }`,
    ),
    `services: { shop: { targets: [${names.join(', ')}] } }`,
    'notify:',
    `  hook: { notifier: webhook, url: "${receiver.url}", events: [incident.opened, incident.resolved] }`,
    `  hanging: { notifier: webhook, url: "http://127.0.0.1:${hang}/" }`,
    'incidents: { recoverFor: 2s }',
  ].join('\n');
  const reading = readConfiguration({
    file: join(folder, 'upkeep.yaml'),
    text,
    env: {},
    systems,
    notifiers,
    readFile: () => '',
  });
  assert.ok(reading.configuration, reading.problems.map(formatProblem).join('\n'));
  const app = await createApp({
    configuration: {
      ...reading.configuration,
      listen: { host: '127.0.0.1', port: 0 },
      store: { kind: 'sqlite', folder: join(folder, 'data') },
    },
    file: null,
    clock: systemClock,
    log: silentLog,
    print() {},
    systems,
    notifiers,
    web: folder,
  });
  t.after(() => app.stop());
  const ups = () =>
    names.filter((name) => app.ctx.picture.target(name).up === (status === 200 ? 1 : 0)).length;
  await until('all up', () => (ups() === count ? true : undefined));
  status = 503;
  await until('all seen down', () => (ups() === count ? true : undefined));
  await app.ctx.assessor.settled();
  await until('the message', () => receiver.messages[0]);
  status = 200;
  await until('the resolved message', () =>
    receiver.messages.find((message) => message.event === 'incident.resolved'),
  );
  assert.deepEqual(
    receiver.messages.map((message) => message.event),
    ['incident.opened', 'incident.resolved'],
  );
  assert.equal(receiver.messages[1]?.incident?.targets.length, count);
});
