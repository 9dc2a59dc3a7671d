import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { missing } from '../../../test/servers/installed.ts';
import { redisServer } from '../../../test/servers/redis.ts';
import { clientOf, serve, tried } from '../../../test/servers/redis-lab.ts';
import { eventually, readingOf } from '../../../test/try-target.ts';
import { systemClock } from '../../clock.ts';

const metric = 'redis.keys.largest_bytes';

suite('large and lasting keys of Redis', { skip: missing(redisServer) }, () => {
  test('the largest is found within bounded runs, and its name is not told', async () => {
    const server = await serve();
    const app = clientOf(server);
    const target = tried({ url: server.url });
    assert.equal(readingOf(await target.seen('redis.big-keys'), metric), 0);
    const writes = app.pipeline();
    for (let i = 0; i < 12_000; i++) writes.set(`page:${i}`, 'x');
    await writes.exec();
    await app.set('export:alice', 'x'.repeat(3_000_000));
    const calls = async () =>
      Number(/cmdstat_memory\|usage:calls=(\d+)/.exec(await app.info('commandstats'))?.[1] ?? 0);
    const first = await calls();
    await target.seen('redis.big-keys');
    const read = (await calls()) - first;
    assert.ok(read > 0 && read <= 6_000, `a run looks at a part: ${read}`);
    const outcome = await eventually(
      () => target.seen('redis.big-keys'),
      (seen) => (readingOf(seen, metric) ?? 0) > 3_000_000,
    );
    assert.match(outcome.detail ?? '', /^export:\* holds [23]\.?\d* MiB, seen on the server itself$/);
    assert.ok(!JSON.stringify(outcome).includes('alice'));
    await app.unlink('export:alice');
    await eventually(
      () => target.seen('redis.big-keys'),
      (seen) => (readingOf(seen, metric) ?? 0) < 1_000,
    );
    assert.doesNotMatch(await app.info('commandstats'), /cmdstat_(keys|monitor):/);
  });

  test('a replica is asked where there is one', async () => {
    const primary = await serve({ settings: { 'repl-diskless-sync-delay': 0 } });
    const replica = await serve({ settings: { replicaof: `127.0.0.1 ${primary.port}` } });
    const app = clientOf(primary);
    await app.set('blob', 'x'.repeat(1_000_000));
    const target = tried({ url: primary.url });
    const outcome = await eventually(
      () => target.seen('redis.big-keys'),
      (seen) => seen.detail?.includes('on replica') === true,
    );
    assert.match(outcome.detail ?? '', new RegExp(`seen on replica 127\\.0\\.0\\.1:${replica.port}$`));
  });

  test('without the right to look at keys that is missing, with the rule that gives it', async () => {
    const server = await serve();
    const app = clientOf(server);
    await app.call('ACL', 'SETUSER', 'eye', 'on', '>pw', '-@all', '+ping', '+info');
    const eye = tried({ url: `redis://eye:pw@127.0.0.1:${server.port}` });
    const outcome = await eye.seen('redis.big-keys');
    const remedy = outcome.missing?.[0]?.remedy ?? '';
    assert.equal(remedy, 'ACL SETUSER eye +scan +memory|usage %R~*');
    const [command = '', ...words] = remedy.split(' ');
    await app.call(command, ...words);
    assert.deepEqual((await eye.seen('redis.big-keys')).missing ?? [], []);
  });

  test('keys of a cache without an expiry are compared with a week ago', async () => {
    const server = await serve();
    const app = clientOf(server);
    const writes = app.pipeline();
    for (let i = 0; i < 1_000; i++) writes.set(`a:${i}`, 'x');
    for (let i = 0; i < 1_000; i++) writes.set(`b:${i}`, 'x', 'EX', 1_000);
    await writes.exec();
    const store = tried({ url: server.url });
    assert.deepEqual((await store.seen('redis.expiry')).readings, []);
    const cache = tried({ url: server.url, role: 'cache' });
    const check = cache.bound.checks.find(({ probe }) => probe.id === 'redis.expiry');
    const run = async (daysAgo: number) =>
      check?.run({
        signal: AbortSignal.timeout(60_000),
        timeoutMs: 5_000,
        clock: systemClock,
        increase: () => undefined,
        recorded: async () => [
          { labels: {}, points: [{ at: systemClock.now() - daysAgo * 86_400_000, value: 0.3 }] },
        ],
      });
    const week = await run(7);
    assert.ok(week?.ok);
    assert.equal(readingOf(week, 'redis.keys.lasting_ratio'), 0.5);
    assert.equal(readingOf(week, 'redis.keys.lasting_growth'), 0.2);
    const young = await run(2);
    assert.ok(young?.ok);
    assert.equal(readingOf(young, 'redis.keys.lasting_growth'), undefined);
  });
});
