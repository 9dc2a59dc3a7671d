import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { freePort } from '../../../test/servers/free-port.ts';
import { missing } from '../../../test/servers/installed.ts';
import { removeFolder, startServer, temporaryFolder } from '../../../test/servers/process.ts';
import { redisServer } from '../../../test/servers/redis.ts';
import { clientOf, serve, tried } from '../../../test/servers/redis-lab.ts';
import { readingOf } from '../../../test/try-target.ts';
import { isProtectedMode, isUnsupported, keeperOf, opennessOf, reachOfServer } from './exposure.ts';

test('from where it is reachable: by bind, and by the addresses its machine is known to have', () => {
  for (const [bind, addresses, reach] of [
    ['127.0.0.1 -::1', ['127.0.0.1', '203.0.113.9'], 'loopback'],
    ['* -::*', ['127.0.0.1', '203.0.113.9'], 'public'],
    ['* -::*', ['10.0.0.4'], 'private'],
    ['', ['127.0.0.1'], 'private'],
    ['127.0.0.1 10.0.0.4', ['10.0.0.4'], 'private'],
    ['127.0.0.1 203.0.113.9', ['203.0.113.9'], 'public'],
    [undefined, ['172.20.0.3'], 'private'],
    [undefined, ['127.0.0.1'], 'loopback'],
    ['fd00::4', [], 'private'],
  ] as const)
    assert.equal(reachOfServer(bind, addresses), reach, `${bind} ${addresses}`);
});

test('open is what answers a stranger and is reachable, and unknown stays unknown', () => {
  const asked = { stranger: 'PONG', isAskedFromLoopback: true, isProtected: false };
  assert.equal(opennessOf({ ...asked, reach: 'loopback' }), 0);
  assert.equal(opennessOf({ ...asked, reach: 'private' }), 1);
  assert.equal(opennessOf({ ...asked, reach: 'public' }), 2);
  assert.equal(opennessOf({ ...asked, reach: 'public', isProtected: true }), 0);
  assert.equal(
    opennessOf({ ...asked, reach: 'public', isProtected: true, isAskedFromLoopback: false }),
    2,
    'protected mode that lets us in from elsewhere protects nothing',
  );
  assert.equal(opennessOf({ ...asked, reach: 'public', stranger: 'NOAUTH Authentication required.' }), 0);
  assert.equal(opennessOf({ ...asked, reach: 'public', stranger: undefined }), undefined);
  assert.equal(isProtectedMode('yes', '*', '7.2.4'), true);
  assert.equal(isProtectedMode('yes', '*', '6.2.7'), false);
  assert.equal(isProtectedMode('yes', '', '6.2.7'), true);
});

test('a release is unsupported where nobody mends it, not where a distribution does, unknown where nobody can tell', () => {
  const of = (version: string, running: string | undefined = '/data/redis-server', isValkey = false) =>
    isUnsupported({ version, keeper: keeperOf(running, '/srv/shop/redis-server'), isValkey });
  for (const version of ['5.0.14', '6.0.16', '7.0.15']) assert.equal(of(version), true, version);
  for (const version of ['6.2.20', '7.2.11', '7.4.6', '8.2.2', '']) assert.equal(of(version), false, version);
  assert.equal(of('7.0.15', '/usr/bin/redis-check-rdb'), false);
  assert.equal(of('7.0.15', '/usr/bin/redis-check-rdb (deleted)'), false);
  assert.equal(of('7.0.15', '/data/valkey-server', true), false);
  // INFO names a folder and a name: that of a program which PATH has found.
  assert.equal(keeperOf(undefined, '/srv/shop/redis-server'), undefined);
  assert.equal(isUnsupported({ version: '7.0.15', keeper: undefined, isValkey: false }), undefined);
  assert.equal(isUnsupported({ version: '8.2.2', keeper: undefined, isValkey: false }), false);
  assert.equal(keeperOf(undefined, '/usr/local/bin/redis-server'), 'builder');
  assert.equal(keeperOf(undefined, '/usr/bin/redis-server'), 'distribution');
});

suite('security of Redis', { skip: missing(redisServer) }, () => {
  test('on loopback without a password nothing is open, with one neither', async () => {
    for (const password of [undefined, 'hush']) {
      const server = await serve(password === undefined ? {} : { password });
      const seen = await tried({ url: server.url }).seen('redis.security');
      assert.equal(readingOf(seen, 'redis.security.open'), 0);
      assert.equal(readingOf(seen, 'redis.security.plaintext'), 0);
      assert.equal(readingOf(seen, 'redis.security.loose'), 0);
      assert.equal(readingOf(seen, 'redis.security.unsupported'), 0);
      assert.ok(!JSON.stringify(seen).includes('hush'));
    }
  });

  test('the package of the distribution is known for what it is, started by its bare name too', async (t) => {
    const [folder, port] = [temporaryFolder('redis'), await freePort()];
    const server = await startServer({
      command: redisServer.name,
      args: ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder],
      folder,
      ready: /Ready to accept connections/,
    });
    t.after(async () => {
      await server.stop();
      removeFolder(folder);
    });
    const seen = await tried({ url: `redis://127.0.0.1:${port}` }).seen('redis.security');
    assert.equal(readingOf(seen, 'redis.security.unsupported'), 0);
    assert.deepEqual(seen.missing ?? [], []);
  });

  test('settings that open the machine are named; the kernel is judged only where it forks', async () => {
    const server = await serve({ settings: { 'enable-debug-command': 'yes', 'disable-thp': 'yes' } });
    const target = tried({ url: server.url });
    const seen = await target.seen('redis.security');
    const reading = seen.readings.find(({ metric }) => metric === 'redis.security.loose');
    assert.equal(reading?.value, 1);
    assert.equal(reading?.about?.detail, 'enable-debug-command yes');
    assert.equal(readingOf(seen, 'redis.machine.unfit'), 0, 'it never forks and has no huge pages');
  });

  test('what an ACL hides is missing, the rest is judged', async () => {
    const server = await serve({ password: 'right' });
    await clientOf(server).call('ACL', 'SETUSER', 'eye', 'on', '>pw', '-@all', '+ping', '+info');
    const seen = await tried({ url: `redis://eye:pw@127.0.0.1:${server.port}` }).seen('redis.security');
    assert.equal(seen.missing?.[0]?.remedy, 'ACL SETUSER eye +config|get');
    assert.equal(readingOf(seen, 'redis.security.loose'), undefined);
    assert.equal(readingOf(seen, 'redis.security.open'), 0);
  });
});
