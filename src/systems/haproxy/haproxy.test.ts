import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, suite, test } from 'node:test';
import { freePort } from '../../../test/servers/free-port.ts';
import { haproxyServer, startHaproxy } from '../../../test/servers/haproxy.ts';
import { openLab, startBackend } from '../../../test/servers/haproxy-lab.ts';
import { missing } from '../../../test/servers/installed.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { readingOf, tryTarget } from '../../../test/try-target.ts';
import { commandOf } from '../../protocols/haproxy/runtime.ts';
import { serverState } from '../../protocols/haproxy/stat.ts';
import { checkPathOf, documentOf } from './configuration-file.ts';
import { filesIn, socketIn } from './discover.ts';
import { haproxy } from './index.ts';

const skip = missing(haproxyServer);
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const backend = async () => {
  const started = await startBackend();
  ends.push(() => started.stop());
  return started;
};
const lab = async (options: Parameters<typeof openLab>[0]) => {
  const opened = await openLab(options);
  ends.push(() => opened.stop());
  return opened;
};

suite('probes of HAProxy', { skip }, () => {
  test('liveness, process and proxies tell version, limits and traffic', async () => {
    const [one, two] = [await backend(), await backend()];
    const { target, load, stands } = await lab({
      backends: [one.address, two.address],
      checkPath: '/',
      global: ['maxconn 200'],
    });
    await stands('app2', 1);
    assert.match((await target.seen('haproxy.liveness')).detail ?? '', /^HAProxy \d+\.\d+/);
    const running = await target.seen('haproxy.process');
    assert.ok((readingOf(running, 'haproxy.connections.used_ratio') ?? 1) < 0.2);
    assert.ok((readingOf(running, 'haproxy.busy_ratio') ?? -1) >= 0);
    await load(10);
    const seen = await target.seen('haproxy.proxies');
    assert.equal(readingOf(seen, 'haproxy.frontend.requests', { frontend: 'web' }), 10);
    assert.equal(readingOf(seen, 'haproxy.backend.up', { backend: 'app' }), 1);
    assert.equal(readingOf(seen, 'haproxy.backend.servers', { backend: 'app' }), 2);
    assert.equal(readingOf(seen, 'haproxy.backend.queue_time', { backend: 'app' }), 0);
  });

  test('a frontend at its limit is named with it', async () => {
    const { target, proxy } = await lab({
      backends: [(await backend()).address],
      frontendLines: ['maxconn 2'],
    });
    const detail = async () => (await target.seen('haproxy.proxies')).detail;
    assert.equal(await detail(), '1 frontend, 1 backend');
    const held = [0, 1].map(() => connect(proxy.port, '127.0.0.1'));
    ends.push(() => {
      for (const socket of held) socket.destroy();
    });
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    const full = '1 frontend, 1 backend, frontend web is full: 2 of 2 sessions';
    while ((await detail()) !== full) await new Promise(setImmediate);
  });

  test('a server that fails more than the others stands out, from 20 requests on', async () => {
    const [good, bad] = [await backend(), await backend()];
    const { target, load } = await lab({ backends: [good.address, bad.address] });
    bad.answers({ '*': 500 });
    await target.seen('haproxy.servers');
    await load(10);
    const excess = async (server: string) =>
      readingOf(await target.seen('haproxy.servers'), 'haproxy.server.error_excess', { server });
    assert.equal(await excess('app2'), undefined, 'too few to say');
    await load(60);
    assert.equal(await excess('app2'), 1);
    assert.equal(await excess('app1'), 0);
    const seen = await target.seen('haproxy.proxies');
    assert.equal(readingOf(seen, 'haproxy.backend.error_ratio'), 0.5);
  });

  test('down is told with the check; drained and in maintenance are no alarm; unchecked is unknown', async () => {
    const [one, two] = [await backend(), await backend()];
    const { target, stands, socket } = await lab({ backends: [one.address, two.address], checkPath: '/' });
    await two.stop();
    await stands('app2', 0);
    assert.match((await target.seen('haproxy.servers')).detail ?? '', /^down: app\/app2 \(L4CON\)$/);
    await tell(socket, 'set server app/app2 state maint');
    await stands('app2', 2);
    await tell(socket, 'set server app/app1 state drain');
    await stands('app1', 2);
    assert.equal(readingOf(await target.seen('haproxy.proxies'), 'haproxy.backend.up'), 0);
    const unchecked = await lab({ backends: [one.address] });
    const seen = await unchecked.target.seen('haproxy.servers');
    assert.equal(readingOf(seen, 'haproxy.server.state'), undefined);
    assert.match(seen.missing?.[0]?.reason ?? '', /no health check for app\/app1/);
  });

  test('what was set in the file and at run time goes into the ledger, without passwords', async () => {
    const one = await backend();
    const { target, socket, proxy } = await lab({ backends: [one.address], checkPath: '/live' });
    const documents = async () =>
      Object.fromEntries(
        ((await target.seen('haproxy.configuration')).snapshots ?? []).map((each) => [
          each.document,
          each.values,
        ]),
      );
    const before = await documents();
    assert.equal(before['haproxy.servers']?.['app/app1'], `${one.address}, weight 1`);
    assert.equal(before['haproxy.configuration']?.['backend app: option httpchk'], 'GET /live');
    await tell(socket, 'set server app/app1 weight 7');
    writeFileSync(join(proxy.folder, 'haproxy.cfg'), 'userlist u\n  user joe insecure-password hush\n');
    const after = await documents();
    assert.equal(after['haproxy.servers']?.['app/app1'], `${one.address}, weight 7`);
    assert.ok(!JSON.stringify(after).includes('hush'));
  });

  test('a socket file: missing, left behind, and of the lowest level', async () => {
    const folder = temporaryFolder('socket');
    ends.push(() => removeFolder(folder));
    const socket = join(folder, 'admin.sock');
    const target = tryTarget(haproxy, { socket });
    const failure = async () => {
      const outcome = await target.check('haproxy.liveness');
      assert.ok(!outcome.ok);
      return `${outcome.why}: ${outcome.detail}`;
    };
    assert.equal(await failure(), `refused: there is no socket ${socket}`);
    const server = await startHaproxy({
      backends: [`127.0.0.1:${await freePort()}`],
      global: [`stats socket ${socket} level user`],
    });
    assert.match((await target.seen('haproxy.liveness')).detail ?? '', /^HAProxy /);
    assert.ok((await target.seen('haproxy.servers')).readings.length > 0);
    await server.stop('SIGKILL');
    assert.match(await failure(), /^refused: nobody listens on .* \(ECONNREFUSED\)$/);
  });
});

const tell = async (socket: string, command: string) => {
  const { ask } = await import('../../protocols/haproxy/runtime.ts');
  await ask(socket, command.split(' '), AbortSignal.timeout(60_000));
};

test('a word cannot become a second command', () => {
  assert.equal(commandOf(['set', 'server', 'app/app1', 'weight', '50%']), 'set server app/app1 weight 50%');
  for (const word of ['a;b', 'a\nb', 'a b', '', 'a\\;b', '<<'])
    assert.throws(() => commandOf(['show', word]), /is no word of a command/, word);
});

test('states as HAProxy writes them', () => {
  for (const [status, state] of [
    ['UP', 'up'],
    ['UP 1/3', 'up'],
    ['DOWN', 'down'],
    ['DOWN 1/2', 'down'],
    ['DOWN (agent)', 'down'],
    ['NOLB', 'drain'],
    ['DRAIN', 'drain'],
    ['MAINT', 'maint'],
    ['MAINT (via app/app1)', 'maint'],
    ['MAINT (resolution)', 'down'],
    ['no check', 'unchecked'],
  ] as const)
    assert.equal(serverState(status), state, status);
});

const file = `
global
  stats socket ipv6@:::9999 # not this
  stats socket unix@/run/haproxy/admin.sock mode 660 level admin
defaults
  option httpchk GET /default
backend app
  http-check send meth GET uri /deep?a=1 hdr Host x   # comment
  server a 127.0.0.1:80 check inter 1s
  acl "has # hash" path_beg /x
backend other
  stats auth admin:hush
`;

test('the file: sockets, check paths, values by name, no secrets', () => {
  assert.equal(checkPathOf(file, 'app'), '/deep?a=1');
  assert.equal(checkPathOf(file, 'other'), '/default');
  assert.equal(checkPathOf('backend app\n  server a 1.1.1.1:80', 'app'), undefined);
  assert.equal(socketIn(file), '127.0.0.1:9999');
  assert.equal(socketIn('global\n  stats socket /run/h.sock level admin\n'), '/run/h.sock');
  const document = documentOf(file);
  assert.equal(document['backend app: server a'], '127.0.0.1:80 check inter 1s');
  assert.ok(!JSON.stringify(document).includes('hush'));
  assert.deepEqual(filesIn(['haproxy', '-W', '-f', '/etc/haproxy/haproxy.cfg', '-f', 'rel.cfg']), [
    '/etc/haproxy/haproxy.cfg',
  ]);
});
