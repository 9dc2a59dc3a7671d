import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { freePort } from '../../../test/servers/free-port.ts';
import { missing } from '../../../test/servers/installed.ts';
import { redisServer, startRedis } from '../../../test/servers/redis.ts';
import { readingOf, tryTarget } from '../../../test/try-target.ts';
import { defaultRules } from '../../config/rules.ts';
import { tcp } from './index.ts';

const probe = 'tcp.connect';
const servers: Server[] = [];
const sockets = new Set<Socket>();
after(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
});

async function serve(greet: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    greet(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const target = (port: number, more: object = {}) => tryTarget(tcp, { host: '127.0.0.1', port, ...more });

test('a port that takes connections is up; one that does not is refused', async () => {
  const outcome = await target(await serve(() => {})).seen(probe);
  assert.equal(readingOf(outcome, 'tcp.up'), 1);
  assert.equal(outcome.detail, 'connected');
  const port = await freePort();
  const refused = await target(port).check(probe);
  assert.deepEqual(refused, { ok: false, why: 'refused', detail: `connect ECONNREFUSED 127.0.0.1:${port}` });
});

test('a greeting is compared although it comes in pieces', async () => {
  const port = await serve((socket) => {
    socket.write('220 mail.te');
    setTimeout(() => socket.write('st ESMTP\r\n'), 30);
  });
  const outcome = await target(port, { expect: { contains: 'mail.test ESMTP' } }).seen(probe);
  assert.equal(readingOf(outcome, 'tcp.up'), 1);
});

test('another greeting, or an end before it, is an answer that is down', async () => {
  const ending = await serve((socket) => socket.end('554 no\r\n'));
  const outcome = await target(ending, { expect: { contains: '220' } }).seen(probe);
  assert.equal(readingOf(outcome, 'tcp.up'), 0);
  assert.equal(outcome.detail, 'connected; what came lacks "220"');
  const babbling = await serve((socket) => {
    const more = () => {
      while (!socket.destroyed && socket.write('x'.repeat(10_000)));
    };
    socket.on('drain', more);
    more();
  });
  const cut = await target(babbling, { expect: { contains: '220' }, maxBytes: 50_000 }).seen(probe);
  assert.equal(readingOf(cut, 'tcp.up'), 0);
});

test('a port that stays silent where a greeting is due is a timeout', async () => {
  const silent = await target(await serve(() => {}), { expect: { contains: '220' } }).check(probe, {
    timeoutMs: 500,
  });
  assert.ok(!silent.ok && silent.why === 'timeout', JSON.stringify(silent));
  assert.match(silent.detail, /no first byte/);
});

test('a real Redis answers what is sent to it', { skip: missing(redisServer) }, async () => {
  const redis = await startRedis();
  try {
    const config = { send: 'PING\r\n', expect: { contains: '+PONG' } };
    assert.equal((await target(redis.port, config).seen(probe)).detail, 'answers as declared');
  } finally {
    await redis.stop();
  }
});

test('default rules read', () => assert.deepEqual(defaultRules(tcp).problems, []));
