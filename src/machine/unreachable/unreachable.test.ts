/** Real servers that end, hang, or were never there. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, suite, test } from 'node:test';
import { freePort } from '../../../test/servers/free-port.ts';
import { haproxyServer, startHaproxy } from '../../../test/servers/haproxy.ts';
import { missing } from '../../../test/servers/installed.ts';
import { postgresServer, startPostgres } from '../../../test/servers/postgres.ts';
import { freeze } from '../../../test/servers/process.ts';
import { redisServer, startRedis } from '../../../test/servers/redis.ts';
import { eventually, type TriedTarget, tryTarget } from '../../../test/try-target.ts';
import type { LogView } from '../../core/log/view.ts';
import type { SystemEntry } from '../../core/system.ts';
import { endOfServer as endOfMysql } from '../../systems/mysql/diagnoses/unreachable.ts';
import { endOfServer as endOfPostgres, nextOfServer } from '../../systems/postgres/diagnoses/unreachable.ts';
import { postgres } from '../../systems/postgres/index.ts';
import { endOfServer as endOfRedis } from '../../systems/redis/diagnoses/unreachable.ts';
import { redis } from '../../systems/redis/index.ts';
import { tcp } from '../../systems/tcp/index.ts';
import { fileOf, keeperIn, keeperOf, lastListener } from '../last-listener.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function tried(system: SystemEntry, raw: Readonly<Record<string, unknown>>): TriedTarget {
  const target = tryTarget(system, raw);
  ends.push(() => target.bound.close());
  return target;
}

/** What the server wrote, as files that are followed. */
const followed =
  (written = '') =>
  (): LogView => ({
    ...{ sources: [], since: null, patterns: [] },
    lines: written
      .split('\n')
      .flatMap((text) =>
        text === '' ? [] : [{ at: 0, file: '/var/log/it.log', level: 'info' as const, text }],
      ),
  });

const only = async (target: TriedTarget, id: string, detail?: string, written?: string) => {
  const { findings } = await target.diagnose(id, { detail: () => detail, logs: followed(written) });
  assert.equal(findings.length, 1, JSON.stringify(findings));
  return findings[0] ?? assert.fail();
};

suite('Redis', { skip: missing(redisServer) }, () => {
  test('who listened last is named after its end, with what it was started as', async () => {
    const server = await startRedis({ password: 'hush-hush' });
    ends.push(() => server.stop());
    const target = tried(redis, { url: server.url });
    await target.seen('redis.liveness');
    assert.deepEqual((await target.diagnose('redis.unreachable')).findings, [], 'all is well');
    await server.stop();
    const outcome = await target.check('redis.liveness');
    assert.ok(!outcome.ok);
    const finding = await only(target, 'redis.unreachable', outcome.detail);
    assert.equal(
      finding.summary,
      `nobody listens on 127.0.0.1:${server.port}: redis-server (pid ${server.pid}), which did, has ended`,
    );
    assert.match(finding.explanation, /It was started as: .*redis-server.* Look next: \S+/);
    assert.ok(finding.next && finding.explanation.endsWith(finding.next), 'to be copied as it stands');
    assert.ok(!JSON.stringify(finding).includes('hush-hush'));
    assert.ok(finding.confidence > 0.9);
    assert.equal(finding.evidence.length, 4);
    const told = await only(target, 'redis.unreachable', undefined, server.output());
    assert.match(told.summary, /, which did, was told to stop \((?:SIG(?:TERM|INT)|by a client)\)$/);
  });

  test('one that is stopped takes connections; its state says why no answer comes', async () => {
    const server = await startRedis();
    ends.push(() => server.stop('SIGKILL'));
    const target = tried(redis, { url: server.url });
    await freeze(server.pid);
    const finding = await only(target, 'redis.unreachable');
    assert.equal(
      finding.summary,
      `redis-server (pid ${server.pid}) is stopped: it takes connections and does not answer`,
    );
  });
});

test('a full accept queue on this machine is told as such, not as a firewall', {
  skip: missing(haproxyServer),
}, async () => {
  const proxy = await startHaproxy({ backends: ['127.0.0.1:9'], frontendLines: ['maxconn 1', 'backlog 1'] });
  ends.push(() => proxy.stop());
  const target = tried(tcp, { host: '127.0.0.1', port: proxy.port });
  const held = Array.from({ length: 6 }, () => connect(proxy.port, '127.0.0.1').on('error', () => {}));
  ends.push(() => {
    for (const socket of held) socket.destroy();
  });
  const { findings } = await eventually(
    () => target.diagnose('tcp.unreachable', { detail: () => undefined }),
    (seen) => seen.findings.length > 0,
  );
  const [finding = assert.fail()] = findings;
  assert.match(
    finding.summary,
    /^haproxy \(pid \d+\) takes no more connections: its accept queue is full \(\d connections? waits?\)$/,
  );
  assert.equal(finding.isWhereOnly, true);
  assert.doesNotMatch(finding.explanation, /nft/);
});

/** A server whose process was seen while it was well. */
async function watchedServer() {
  const server = await startPostgres();
  ends.push(() => server.stop());
  const target = tried(postgres, { url: server.url });
  await target.seen('postgres.liveness');
  // It is looked for in the background, after the check.
  await lastListener({ host: '127.0.0.1', port: server.port });
  return { server, target };
}

suite('PostgreSQL', { skip: missing(postgresServer) }, () => {
  test('a server that ended is named', async () => {
    const { server, target } = await watchedServer();
    await server.stop();
    const finding = await only(target, 'postgres.unreachable');
    assert.match(
      finding.summary,
      /^nobody listens on 127\.0\.0\.1:\d+: postgres \(pid \d+\), which did, has ended$/,
    );
    assert.ok(
      finding.explanation.includes(`pg_ctl -D ${server.folder}/data status`),
      `its own data folder, no list of the packaged clusters: ${finding.explanation}`,
    );
    assert.doesNotMatch(finding.explanation, /pg_lsclusters/);
  });

  test('its own words about its end are the cause: who was told to stop did not just end', async () => {
    const { server, target } = await watchedServer();
    await server.crash();
    const finding = await only(target, 'postgres.unreachable', undefined, server.output());
    assert.match(
      finding.summary,
      /: postgres \(pid \d+\), which did, was told to stop \(immediate shutdown request\)$/,
    );
    assert.match(finding.explanation, /The last that its log says of its end: “.*LOG: .*immediate shutdown/);
    assert.deepEqual(
      finding.unseen.filter((one) => one.includes('its own log')),
      [],
    );
  });
});

test('the log of a server tells of its last end alone, and what a client met is no end', () => {
  const says = (of: typeof endOfPostgres, ...lines: string[]) => of(lines)?.how;
  const ready = '2026-11-24 10:00:01 UTC [1] LOG:  database system is ready to accept connections';
  const fast = '2026-11-24 10:00:09 UTC [1] LOG:  received fast shutdown request';
  assert.equal(
    says(endOfPostgres, ready, fast, '[1] LOG:  database system is shut down'),
    'was told to stop (fast shutdown request)',
  );
  assert.equal(says(endOfPostgres, fast, ready), undefined, 'that was the end before');
  assert.equal(
    says(endOfPostgres, ready, '[9] FATAL:  password authentication failed for user "app"'),
    undefined,
  );
  assert.equal(
    says(endOfPostgres, ready, '[7] FATAL:  terminating connection due to unexpected postmaster exit'),
    'was killed (its sessions saw it gone)',
  );
  assert.equal(
    says(endOfPostgres, '[1] PANIC:  could not write to file "pg_wal/xlogtemp.7": No space left on device'),
    'ended in a PANIC (could not write to file "pg_wal/xlogtemp.7": No space left on device)',
  );
  assert.equal(
    says(endOfPostgres, fast, '[2] FATAL:  configuration file "/srv/db/postgresql.conf" contains errors'),
    'did not start again (configuration file "/srv/db/postgresql.conf" contains errors)',
  );
  assert.equal(
    says(endOfRedis, '7:signal-handler (1700000000) Received SIGTERM scheduling shutdown...'),
    'was told to stop (SIGTERM)',
  );
  assert.equal(says(endOfRedis, '7:M # User requested shutdown...'), 'was told to stop (by a client)');
  assert.equal(
    says(endOfRedis, '7:M # Redis 7.0.15 crashed by signal: 11, si_code: 0'),
    'crashed (signal 11)',
  );
  assert.equal(
    says(
      endOfMysql,
      '2026-11-24 1 [Note] mariadbd (initiated by: root[root] @ localhost []): Normal shutdown',
    ),
    'was told to stop (by root[root] @ localhost [])',
  );
  assert.equal(says(endOfMysql, '10:00:00 UTC - mysqld got signal 11 ;'), 'crashed (signal 11)');
  assert.equal(
    says(endOfMysql, '2026-11-24 0 [Note] mysqld: ready for connections.', '[Warning] Aborted connection 5'),
    undefined,
  );
});

test('what to look at next fits how the server was started, and takes no word that a shell would read otherwise', () => {
  assert.equal(
    nextOfServer('/opt/pg/bin/postgres -p 5433 -D /srv/db'),
    'sudo -u "$(stat -c %U /srv/db)" /opt/pg/bin/pg_ctl -D /srv/db status; ls -l /srv/db/postmaster.pid /srv/db/log; df -h /srv/db',
  );
  assert.match(nextOfServer('postgres -D /srv/db') ?? '', / pg_ctl -D \/srv\/db status/);
  for (const command of [
    'postgres -D /srv/$(reboot)',
    'postgres -D /var/lib/postgresql/15/main',
    'postgres',
    'redis-server -D /x',
  ])
    assert.equal(nextOfServer(command), undefined, command);
  assert.equal(fileOf('/srv/db.log'), '/srv/db.log');
  for (const link of ['pipe:[812]', '/dev/null', '/srv/db.log (deleted)', ''])
    assert.equal(fileOf(link), undefined, link);
});

test('never seen up: it says what was not seen, and the command to look on', async () => {
  const port = await freePort();
  const target = tried(postgres, { url: `postgres://app@127.0.0.1:${port}/shop` });
  const finding = await only(target, 'postgres.unreachable');
  assert.equal(finding.summary, `nobody listens on 127.0.0.1:${port}: PostgreSQL does not run there`);
  assert.match(finding.explanation, /Look next: pg_lsclusters/);
});

test('a server that listens on another address of this machine is no dead server', async () => {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const finding = await only(tried(tcp, { host: '127.0.0.2', port }), 'tcp.unreachable');
  assert.match(finding.summary, /^nobody listens on 127\.0\.0\.2:\d+; .* listens on 127\.0\.0\.1 only$/);
});

test('a server that resets connections is reached, and told so', async () => {
  const { createServer } = await import('node:net');
  const server = createServer((socket) => socket.resetAndDestroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const target = tried(tcp, { host: '127.0.0.1', port });
  // Now and then the reset comes after the connection was seen to stand.
  const { findings } = await eventually(
    () => target.diagnose('tcp.unreachable', { detail: () => undefined }),
    (seen) => seen.findings.length > 0,
  );
  const [finding = assert.fail()] = findings;
  assert.match(finding.summary, /ends connections to 127\.0\.0\.1:\d+ as soon as they are made/);
  assert.doesNotMatch(finding.explanation, /no way|a route/);
});

test('a name that does not resolve and an address without a route are told apart', async () => {
  const name = await only(tried(tcp, { host: 'nobody.invalid', port: 1 }), 'tcp.unreachable');
  assert.match(name.summary, /^the name nobody\.invalid does not resolve: /);
  assert.match(name.explanation, /getent hosts nobody\.invalid/);
  // The broadcast address takes no connections: the kernel itself says that there is no way.
  const far = await only(tried(tcp, { host: '255.255.255.255', port: 9 }), 'tcp.unreachable');
  assert.match(far.summary, /^the service at 255\.255\.255\.255 cannot be reached: /);
});

test('what keeps a process is read from its control group', () => {
  const unit = keeperIn('0::/system.slice/system-postgresql.slice/postgresql@15-main.service\n');
  assert.equal(
    unit,
    'systemctl status postgresql@15-main.service; journalctl -u postgresql@15-main.service -n 50',
  );
  assert.equal(keeperIn('0::/user.slice/user-0.slice/user@0.service/app.slice/x.scope\n'), undefined);
  const id = 'a1b2c3d4e5f6'.padEnd(64, '0');
  assert.equal(keeperIn(`0::/system.slice/docker-${id}.scope`), 'docker ps -a --filter id=a1b2c3d4e5f6');
  assert.deepEqual(keeperOf(`0::/machine.slice/libpod-${id}.scope`), {
    ...{ kind: 'container', id: 'a1b2c3d4e5f6', program: 'podman' },
  });
  assert.equal(keeperIn('0::/\n'), undefined);
});

test('what a server that ended wrote last is evidence, and its log is no longer what nobody saw', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-unreachable-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const port = await freePort();
  const log = openSync(join(folder, 'server.log'), 'a');
  const child = spawn(
    process.execPath,
    [
      '-e',
      `require('node:http').createServer((_, answer) => answer.end('x')).listen(${port}, '127.0.0.1', () => console.log('up'));
       process.on('SIGTERM', () => { console.error('fatal: disk is full'); process.exit(1); })`,
    ],
    { stdio: ['ignore', 'pipe', log] },
  );
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout ?? assert.fail(), 'data');
  const target = tried(tcp, { host: '127.0.0.1', port });
  const [check] = target.bound.checks;
  await target.seen(check?.probe.id ?? '');
  await lastListener({ host: '127.0.0.1', port });
  child.kill('SIGTERM');
  await once(child, 'exit');
  const { findings, evidence } = await target.diagnose('tcp.unreachable');
  assert.match(evidence.find(({ id }) => id.endsWith('.reach-log'))?.text ?? '', /fatal: disk is full/);
  assert.deepEqual(
    findings[0]?.unseen.filter((one) => one.includes('its own log')),
    [],
  );
});
