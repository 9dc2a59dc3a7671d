import assert from 'node:assert/strict';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Redis } from 'ioredis';
import { freePort } from '../../../test/servers/free-port.ts';
import { missing } from '../../../test/servers/installed.ts';
import { freeze } from '../../../test/servers/process.ts';
import { type RedisServer, redisServer, startRedis } from '../../../test/servers/redis.ts';
import { clientOf, ends, serve, tried } from '../../../test/servers/redis-lab.ts';
import { eventually, readingOf, type TriedTarget, tryTarget } from '../../../test/try-target.ts';
import { redis } from './index.ts';

const skip = missing(redisServer);

suite('probes of Redis', { skip }, () => {
  let server: RedisServer;
  let target: TriedTarget;
  let app: Redis;

  before(async () => {
    server = await startRedis({
      settings: { maxmemory: '64mb', maxclients: 50, 'repl-diskless-sync-delay': 0 },
    });
    target = tryTarget(redis, { url: server.url });
    app = new Redis(server.url, { protocol: 2 });
  });
  after(async () => {
    app.disconnect();
    await target.bound.close();
    await server.stop();
  });

  test('liveness says version and role, and the address shows no secret', async () => {
    const outcome = await target.seen('redis.liveness');
    assert.match(outcome.detail ?? '', /^Redis \d+\.\d+\.\d+, master$/);
    assert.equal(readingOf(outcome, 'redis.loading'), 0);
    assert.equal(tried({ url: 'redis://me:s3cret@db.example/3' }).bound.address, 'db.example:6379/3');
  });

  test('a url that cannot be decoded is a matter of the configuration', () => {
    assert.throws(() => tried({ url: 'redis://:50%@host' }), { name: 'ZodError' });
  });

  test('checks share one connection, also when they start together', async () => {
    const own = tried({ url: server.url });
    const before = Number(/total_connections_received:(\d+)/.exec(await app.info('stats'))?.[1]);
    await Promise.all(['redis.liveness', 'redis.memory', 'redis.clients'].map((probe) => own.seen(probe)));
    await own.seen('redis.keys');
    const now = Number(/total_connections_received:(\d+)/.exec(await app.info('stats'))?.[1]);
    assert.equal(now - before, 1);
  });

  test('that nobody writes to a full server is no recovery from refused writes', async () => {
    const small = await startRedis({ settings: { maxmemory: '2mb', 'maxmemory-policy': 'noeviction' } });
    const own = tried({ url: small.url });
    const writer = new Redis(small.url, { protocol: 2 });
    const refusals = async () => readingOf(await own.seen('redis.memory'), 'redis.errors.oom');
    try {
      await refusals();
      for (let i = 0; i < 40; i++) await writer.set(`k${i}`, 'x'.repeat(64_000)).catch(() => {});
      const refused = await refusals();
      assert.ok((refused ?? 0) > 0);
      const quiet = await own.seen('redis.memory');
      assert.equal(readingOf(quiet, 'redis.errors.oom'), undefined);
      assert.match(quiet.ok ? (quiet.missing?.[0]?.reason ?? '') : '', /none was tried since/);
      await writer.config('SET', 'maxmemory', '64mb');
      assert.equal(await refusals(), refused);
    } finally {
      writer.disconnect();
      await own.bound.close();
      await small.stop();
    }
  });

  test('a full server refuses writes also while nobody writes, and one that evicts or is a replica does not', async () => {
    const small = await startRedis({ settings: { maxmemory: '32mb', 'maxmemory-policy': 'noeviction' } });
    const own = tried({ url: small.url });
    const writer = new Redis(small.url, { protocol: 2 });
    const seen = async () => {
      const outcome = await own.seen('redis.memory');
      return [readingOf(outcome, 'redis.memory.refusing'), readingOf(outcome, 'redis.errors.oom')];
    };
    try {
      await writer.set('big', 'x'.repeat(4_000_000));
      assert.deepEqual(await seen(), [0, 0]);
      await writer.config('SET', 'maxmemory', '3mb');
      assert.deepEqual(await seen(), [1, 0], 'told before the first write fails');
      const [before] = (await own.diagnose('redis.memory-full')).findings;
      assert.match(before?.summary ?? '', /^Redis uses \d+ % of maxmemory 3 MiB and refuses every write/);
      assert.match(await writer.set('a', 'b').catch((error: Error) => error.message), /^OOM /);
      const [finding] = (await own.diagnose('redis.memory-full')).findings;
      assert.match(
        finding?.summary ?? '',
        /^Redis uses \d+ % of maxmemory 3 MiB and refuses writes \(OOM, 1 so far\)/,
      );
      await writer.replicaof('127.0.0.1', '1');
      assert.equal((await seen())[0], 0, 'what its primary sends it takes');
      await writer.replicaof('NO', 'ONE');
      await writer.config('SET', 'maxmemory-policy', 'allkeys-lru');
      assert.equal((await seen())[0], 0);
    } finally {
      writer.disconnect();
      await own.bound.close();
      await small.stop();
    }
  });

  test('fullness does harm in a store, and in a cache only when it cannot evict', async () => {
    const share = async (role: string) => {
      const own = tried({ url: server.url, role });
      const outcome = await own.seen('redis.memory');
      return readingOf(outcome, 'redis.memory.harmful_ratio') ?? -1;
    };
    assert.ok((await share('store')) > 0);
    assert.ok((await share('cache')) > 0);
    await app.config('SET', 'maxmemory-policy', 'allkeys-lru');
    assert.ok((await share('store')) > 0);
    assert.equal(await share('cache'), 0);
    await app.config('SET', 'maxmemory-policy', 'noeviction');
  });

  test('no limit is told, unless the plan has one', async () => {
    await app.config('SET', 'maxmemory', '0');
    assert.equal(readingOf(await target.seen('redis.memory'), 'redis.memory.unlimited'), 1);
    const plan = tried({ url: server.url, memoryLimit: 100_000_000 });
    const outcome = await plan.seen('redis.memory');
    assert.equal(readingOf(outcome, 'redis.memory.unlimited'), 0);
    assert.ok((readingOf(outcome, 'redis.memory.used_ratio') ?? 0) > 0);
    await app.config('SET', 'maxmemory', '64mb');
  });

  test('the hit ratio is unknown below 1,000 lookups and known above', async () => {
    await target.seen('redis.keys');
    await app.set('known', '1');
    await app.get('known');
    assert.equal(readingOf(await target.seen('redis.keys'), 'redis.hit_ratio'), undefined);
    const lookups = app.pipeline();
    for (let i = 0; i < 1_000; i++) lookups.get(i % 4 === 0 ? 'unknown' : 'known');
    await lookups.exec();
    assert.equal(readingOf(await target.seen('redis.keys'), 'redis.hit_ratio'), 0.75);
  });

  test('evictions are losses of a store and turnover of a cache', async () => {
    const small = await serve({ settings: { maxmemory: '3mb', 'maxmemory-policy': 'allkeys-lru' } });
    const store = tried({ url: small.url });
    const cache = tried({ url: small.url, role: 'cache' });
    await cache.seen('redis.keys');
    const writer = clientOf(small);
    for (let i = 0; i < 600; i++) await writer.set(`page:${i}`, 'x'.repeat(10_000));
    assert.ok((readingOf(await store.seen('redis.keys'), 'redis.evictions.lost') ?? 0) > 100);
    const outcome = await cache.seen('redis.keys');
    assert.equal(readingOf(outcome, 'redis.evictions.lost'), 0);
    assert.ok((readingOf(outcome, 'redis.evictions.turnover') ?? 0) > 1);
    assert.deepEqual(
      (await cache.diagnose('redis.memory-full')).findings,
      [],
      'a full cache that evicts is well',
    );
  });

  test('clients are counted against the limit, and a worker in BLPOP is no trouble', async () => {
    const worker = clientOf(server);
    const popped = worker.blpop('jobs', 0).catch(() => undefined);
    const outcome = await eventually(
      () => target.seen('redis.clients'),
      (seen) => readingOf(seen, 'redis.clients.blocked') === 1,
    );
    const connected = readingOf(outcome, 'redis.clients.connected') ?? 0;
    assert.equal(readingOf(outcome, 'redis.clients.used_ratio'), connected / 50);
    assert.equal(readingOf(outcome, 'redis.clients.left'), 50 - connected);
    worker.disconnect();
    await popped;
  });

  test('the client that fetches nothing is named', async () => {
    await app.set('big', 'x'.repeat(1_000_000));
    const slow = clientOf(server, { connectionName: 'slow-reader' });
    await slow.ping();
    slow.stream.pause();
    for (let i = 0; i < 30; i++) slow.get('big').catch(() => undefined);
    const outcome = await eventually(
      () => target.seen('redis.buffers'),
      (seen) => (readingOf(seen, 'redis.clients.output_buffer') ?? 0) > 1_000_000,
    );
    assert.match(outcome.detail ?? '', /\(slow-reader\) has the largest, after get/);
  });

  test('unsaved changes count only where snapshots are on', async () => {
    await app.set('changed', '1');
    const off = await target.seen('redis.persistence');
    assert.equal(readingOf(off, 'redis.persistence.unsaved_time'), 0);
    await app.config('SET', 'save', '3600 1000000');
    await eventually(
      () => target.seen('redis.persistence'),
      (seen) => (readingOf(seen, 'redis.persistence.unsaved_time') ?? 0) > 0,
    );
    await app.config('SET', 'save', '');
  });

  test('a failed snapshot is seen, and a good one ends it', async () => {
    // A folder in the place of the file: nothing can be renamed onto it, not even by root.
    await mkdir(join(server.folder, 'dump.rdb', 'x'), { recursive: true });
    await app.bgsave();
    await eventually(
      () => target.seen('redis.persistence'),
      (seen) => readingOf(seen, 'redis.persistence.save_failed') === 1,
    );
    await rm(join(server.folder, 'dump.rdb'), { recursive: true });
    await app.bgsave();
    await eventually(
      () => target.seen('redis.persistence'),
      (seen) => readingOf(seen, 'redis.persistence.save_failed') === 0,
    );
  });

  test('a replica and its link are seen from both sides', async () => {
    const replica = await serve({ settings: { replicaof: `127.0.0.1 ${server.port}` } });
    const primary = tried({ url: server.url, replicas: 2 });
    const second = tried({ url: replica.url });
    const outcome = await eventually(
      () => primary.seen('redis.replication'),
      (seen) => readingOf(seen, 'redis.replication.replicas') === 1,
    );
    assert.equal(readingOf(outcome, 'redis.replication.missing'), 1);
    assert.ok((readingOf(outcome, 'redis.replication.lag_bytes') ?? -1) >= 0);
    await eventually(
      () => second.seen('redis.replication'),
      (seen) => readingOf(seen, 'redis.replication.link') === 1,
    );
    const direct = clientOf(replica);
    await direct.replicaof('127.0.0.1', await freePort());
    assert.equal(readingOf(await second.seen('redis.replication'), 'redis.replication.link'), 0);
  });

  test('what an ACL forbids is missing with the rule that allows it, the rest is seen', async () => {
    await app.call('ACL', 'SETUSER', 'watcher', 'on', '>pw', '-@all', '+ping', '+info', '+client|setname');
    const watcher = tried({ url: `redis://watcher:pw@127.0.0.1:${server.port}` });
    await watcher.seen('redis.liveness');
    const buffers = await watcher.seen('redis.buffers');
    assert.equal(buffers.missing?.[0]?.remedy, 'ACL SETUSER watcher +client|list');
    assert.deepEqual(buffers.readings, []);
    await app.set('changed', '2');
    const saved = await watcher.seen('redis.persistence');
    assert.equal(readingOf(saved, 'redis.persistence.unsaved_time'), undefined);
    assert.equal(saved.missing?.[0]?.remedy, 'ACL SETUSER watcher +config|get');
    assert.equal(readingOf(saved, 'redis.persistence.save_failed'), 0);
    await app.call('ACL', 'SETUSER', 'watcher', '-info');
    const memory = await watcher.seen('redis.memory');
    assert.deepEqual(memory.missing?.[0]?.metrics, ['*']);
    assert.equal(memory.missing?.[0]?.remedy, 'ACL SETUSER watcher +info');
  });

  test('the rights that the readme asks for are enough for everything', async () => {
    const readme = await readFile(new URL('./readme.md', import.meta.url), 'utf8');
    const rule = /^ACL SETUSER upkeep .*$/m.exec(readme)?.[0] ?? assert.fail('no ACL in the readme');
    const [command = '', ...words] = [...rule.split(' '), '+randomkey', '+scan', '+memory|usage', '%R~*'];
    await app.call(command, ...words);
    const watcher = tried({ url: `redis://upkeep:secret@127.0.0.1:${server.port}/0` });
    for (const { probe } of watcher.bound.checks) {
      assert.deepEqual((await watcher.seen(probe.id)).missing ?? [], [], probe.id);
    }
    const { evidence } = await watcher.diagnose('redis.memory-full');
    for (const piece of evidence) assert.equal(piece.unseen, undefined, piece.id);
  });
});

suite('Redis that does not serve', { skip }, () => {
  test('a closed port is refused, a mute listener a timeout', async () => {
    const closed = tried({ url: `redis://127.0.0.1:${await freePort()}` });
    const refused = await closed.check('redis.liveness');
    assert.ok(!refused.ok);
    assert.equal(refused.why, 'refused');
    assert.match(refused.detail, /ECONNREFUSED/);
    const mute = createServer(() => {});
    ends.push(() => mute.close());
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const address = mute.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const target = tried({ url: `redis://127.0.0.1:${port}` });
    const outcome = await target.check('redis.liveness', { timeoutMs: 200 });
    assert.ok(!outcome.ok);
    assert.equal(outcome.why, 'timeout');
    assert.equal(outcome.detail, 'no answer within 200 ms');
  });

  test('a name that does not resolve is unreachable', async () => {
    const target = tried({ url: 'redis://no-such-host.invalid' });
    const outcome = await target.check('redis.liveness');
    assert.equal(outcome.ok ? '' : outcome.why, 'unreachable');
  });

  test('a server that loads its data is not down', async () => {
    const loading = createServer((socket) => {
      socket.on('data', (data) => {
        for (const command of String(data).match(/PING|INFO|setname/gi) ?? []) {
          const info = 'loading:1\r\nloading_loaded_perc:42.00\r\nloading_eta_seconds:3';
          const answers: Record<string, string> = {
            PING: '-LOADING Redis is loading the dataset in memory\r\n',
            INFO: `$${info.length}\r\n${info}\r\n`,
          };
          socket.write(answers[command.toUpperCase()] ?? '+OK\r\n');
        }
      });
      socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => loading.listen(0, '127.0.0.1', resolve));
    const address = loading.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const target = tried({ url: `redis://127.0.0.1:${port}` });
    const outcome = await target.seen('redis.liveness');
    assert.equal(outcome.detail, 'loading its data: 42.00 %, 3 s left');
    assert.equal(readingOf(outcome, 'redis.loading'), 1);
    loading.close();
  });

  test('a script without end makes it down although it answers', async () => {
    const server = await serve({ settings: { 'busy-reply-threshold': 50 } });
    const target = tried({ url: server.url });
    await target.seen('redis.liveness');
    const app = clientOf(server);
    const script = app.eval('while true do end', 0).catch(() => undefined);
    const outcome = await eventually(
      () => target.seen('redis.liveness'),
      (seen) => readingOf(seen, 'redis.up') === 0,
    );
    assert.match(outcome.detail ?? '', /^BUSY/);
    const other = clientOf(server, { enableReadyCheck: false });
    await other.script('KILL');
    await script;
    await target.seen('redis.liveness');
  });

  test('after a restart the next check connects anew, and a frozen server times out', async () => {
    const first = await serve();
    const target = tried({ url: first.url });
    await target.seen('redis.liveness');
    await first.stop();
    const second = await serve({ port: first.port });
    await target.seen('redis.liveness');
    await freeze(second.pid);
    const outcomes = await Promise.all(
      ['redis.liveness', 'redis.memory'].map((probe) => target.check(probe, { timeoutMs: 200 })),
    );
    process.kill(second.pid, 'SIGCONT');
    for (const outcome of outcomes) assert.equal(outcome.ok ? 'ok' : outcome.why, 'timeout');
    await target.seen('redis.liveness');
  });

  test('all places taken: refused, with the words of the server', async () => {
    const server = await serve({ settings: { maxclients: 2 } });
    const clients = [clientOf(server), clientOf(server)];
    await Promise.all(clients.map((client) => client.ping()));
    const target = tried({ url: server.url });
    const outcome = await target.check('redis.liveness');
    assert.ok(!outcome.ok);
    assert.equal(outcome.why, 'refused');
    assert.match(outcome.detail, /max number of clients/);
    const [up] = outcome.readings ?? [];
    assert.deepEqual(
      [up?.metric, up?.value, up?.about?.summary],
      ['redis.up', 0, 'All connections are taken'],
    );
    assert.equal(readingOf(await target.check('redis.clients'), 'redis.clients.left'), 0);
  });
});
