import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Redis } from 'ioredis';
import { missing } from '../../../../test/servers/installed.ts';
import { redisServer } from '../../../../test/servers/redis.ts';
import { changedSetting, clientOf, recorder, serve, tried } from '../../../../test/servers/redis-lab.ts';
import { eventually, readingOf } from '../../../../test/try-target.ts';
import { conclude } from './mass-expiry-findings.ts';
import { largestWave, type Moment } from './wave.ts';

const id = 'redis.mass-expiry';

async function fill(app: Redis, keys: number, milliseconds?: number): Promise<void> {
  const writes = app.pipeline();
  for (let i = 0; i < keys; i++)
    if (milliseconds === undefined) writes.set(`page:${i}`, 'x');
    else writes.set(`page:${i}`, 'x', 'PX', milliseconds);
  await writes.exec();
}

async function read(app: Redis, keys: number): Promise<void> {
  const reads = app.pipeline();
  for (let i = 0; i < keys; i++) reads.get(`page:${i}`);
  await reads.exec();
}

const keysOf = (app: Redis) => async () => app.dbsize();

suite('many keys that go at once', { skip: missing(redisServer) }, () => {
  test('they expire together, and lookups miss since', async () => {
    const server = await serve();
    const app = clientOf(server);
    const cache = tried({ url: server.url, role: 'cache' });
    const kept = recorder(cache, 'redis.keys');
    await kept.take();
    await fill(app, 3_000, 1_500);
    await read(app, 3_000);
    const well = await kept.take();
    assert.equal(readingOf(well, 'redis.keys.lost_ratio'), 0);
    assert.deepEqual((await cache.diagnose(id, kept.known)).findings, []);

    await eventually(keysOf(app), (keys) => keys === 0);
    await read(app, 3_000);
    const gone = await kept.take();
    assert.equal(readingOf(gone, 'redis.keys.lost_ratio'), 1);
    const [finding] = (await cache.diagnose(id, kept.known)).findings;
    assert.match(
      finding?.summary ?? '',
      /^3000 of 3000 keys expired within [\d.]+ m?s; lookups that find their key fell from 100 % to 0 %$/,
    );
    assert.match(finding?.explanation ?? '', /load there is the consequence.*spread expiries/);
    assert.ok((finding?.confidence ?? 0) > 0.8);
    assert.deepEqual(finding?.recommendations, []);

    const queue = tried({ url: server.url, role: 'queue' });
    assert.deepEqual(
      (await queue.diagnose(id, kept.known)).findings,
      [],
      'a queue is emptied by its workers',
    );
    assert.equal(readingOf(await queue.seen('redis.keys'), 'redis.keys.lost_ratio'), undefined);

    await fill(app, 3_000);
    const filled = (await cache.diagnose(id, kept.known)).findings;
    assert.deepEqual(filled, [], 'once it is filled again, what fails since has another reason');
  });

  test('FLUSHALL, deletions and evictions are told apart', async () => {
    const server = await serve();
    const app = clientOf(server);
    const cache = tried({ url: server.url, role: 'cache' });
    const round = async (empty: () => Promise<unknown>) => {
      await fill(app, 2_000);
      const kept = recorder(cache, 'redis.keys');
      await kept.take();
      await empty();
      await kept.take();
      return (await cache.diagnose(id, kept.known)).findings[0];
    };
    const flushed = await round(() => app.flushall());
    assert.equal(flushed?.summary, '2000 of 2000 keys were dropped by FLUSHALL or FLUSHDB');
    const deleted = await round(() => app.unlink(...Array.from({ length: 2_000 }, (_, i) => `page:${i}`)));
    assert.match(deleted?.summary ?? '', /^2000 of 2000 keys were deleted by commands within/);
    assert.ok((deleted?.confidence ?? 1) < 0.8 && (deleted?.decides?.length ?? 0) > 0);

    for (let i = 0; i < 2_000; i++) await app.set(`blob:${i}`, 'x'.repeat(1_000));
    const kept = recorder(cache, 'redis.keys');
    await kept.take();
    await app.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const used = Number(/used_memory:(\d+)/.exec(await app.info('memory'))?.[1]);
    await app.config('SET', 'maxmemory', used - 1_500_000);
    await eventually(
      async () => {
        await app.set('more', 'x');
        return app.dbsize();
      },
      (keys) => keys < 1_000,
    );
    await kept.take();
    const changes = [changedSetting(Date.now(), 'maxmemory', '0', String(used - 1_500_000))];
    const [evicted] = (await cache.diagnose(id, { ...kept.known, changes })).findings;
    assert.match(evicted?.summary ?? '', /^\d+ of 2000 keys were evicted within/);
    assert.equal(evicted?.change, 'change-1');
  });

  test('a restart without snapshots is told by its counters', async () => {
    const first = await serve();
    const app = clientOf(first);
    const cache = tried({ url: first.url, role: 'cache' });
    await fill(app, 2_000);
    await read(app, 2_000);
    const kept = recorder(cache, 'redis.keys');
    await kept.take();
    await first.stop('SIGKILL');
    await serve({ port: first.port });
    await kept.take();
    const [finding] = (await cache.diagnose(id, kept.known)).findings;
    assert.equal(finding?.summary, 'Redis was restarted and came back with 0 of 2000 keys');
  });
});

const minute = 60_000;
const moment = (at: number, keys: number, expired: number, hits = 0, misses = 0) => ({
  ...{ at, keys, expired, hits, misses },
  ...{ evicted: 0, flushes: 0 },
});

test('a cache with short expiries that is filled as it goes has no wave', () => {
  const steady = Array.from({ length: 60 }, (_, i) =>
    moment(i * minute, 5_000, i * 10_000, i * 900, i * 100),
  );
  assert.equal(largestWave(steady), undefined);
});

test('a night of falling traffic is no wave, nor are few keys', () => {
  const falling = Array.from({ length: 60 }, (_, i) => moment(i * minute, 10_000 - 150 * i, 150 * i));
  assert.equal(largestWave(falling), undefined);
  assert.equal(largestWave([moment(0, 900, 0), moment(minute, 0, 900)]), undefined);
});

test('keys that are replaced while they go are a wave when they go much faster than before', () => {
  const before = Array.from({ length: 10 }, (_, i) => moment(i * minute, 5_000, i * 50, i * 950, i * 50));
  const wave = largestWave([...before, moment(10 * minute, 4_900, 5_000, 8_700, 1_300)]);
  assert.equal(wave?.fromAt, 9 * minute);
  assert.equal(wave?.expired, 4_550);
  assert.ok((wave?.hitsBefore ?? 0) > 0.9 && (wave?.hitsAfter ?? 1) < 0.5);
});

test('a restart after the keys had gone did not take them', () => {
  const flushed = { ...moment(minute + 5_000, 0, 0), flushes: 1 };
  const before = [moment(0, 3_000, 0), moment(minute, 3_000, 0), flushed];
  const again = [7, 8].map((at) => moment(at * minute, 0, 0));
  const [found] = concluded([...before, ...again], 'queue', 90);
  assert.equal(found?.summary, '3000 of 3000 keys were dropped by FLUSHALL or FLUSHDB');
  const within = concluded([...before.slice(0, 2), moment(3 * minute, 0, 0)], 'queue', 60);
  assert.equal(within[0]?.summary, 'Redis was restarted and came back with 0 of 3000 keys');
});

const tick = 10_000;

/** Keys that live for a minute: 190 are written in 10 s until `until`, and go as they came. */
function writtenUntil(until: number, ticks: number, perTick = 190): Moment[] {
  const written = (tick: number) => perTick * Math.max(0, Math.min(tick, until));
  return Array.from({ length: ticks }, (_, i) => {
    const expired = written(i - 6);
    const lookups = { hits: 950 * Math.min(i, until), misses: 50 * Math.min(i, until) };
    return { at: i * tick, keys: written(i) - expired, expired, evicted: 0, flushes: 0, ...lookups };
  });
}

/** Since the writes ended, lookups go on and miss. */
function missing10PerSecond(moments: readonly Moment[], until: number): Moment[] {
  return moments.map((one, i) => ({ ...one, misses: one.misses + 100 * Math.max(0, i - until) }));
}

function concluded(moments: readonly Moment[], role = 'cache', uptimeSeconds = 86_400) {
  const wave = largestWave(moments);
  const newest = moments.at(-1);
  const now = { role, keys: newest?.keys ?? 0, isLoading: false, uptimeSeconds };
  const piece = { target: 'cache', title: '', how: '', at: newest?.at ?? 0 };
  return conclude(
    [
      { ...piece, id: 'cache.keys-now', facts: now },
      ...(wave ? [{ ...piece, id: 'cache.key-wave', facts: { ...wave } }] : []),
    ],
    'cache',
  );
}

test('keys that run out at the usual rate since writes ended are no mass expiry', () => {
  for (const ticks of [36, 40, 60, 150])
    assert.deepEqual(concluded(writtenUntil(30, ticks)), [], `nobody looks anything up, after ${ticks}`);
  const [finding, ...others] = concluded(missing10PerSecond(writtenUntil(30, 40), 30));
  assert.deepEqual(others, []);
  assert.match(
    finding?.summary ?? '',
    /^fewer keys are written than before: \d+ of 1140 keys ran out as usual, up to 19 a second; lookups/,
  );
  assert.ok((finding?.confidence ?? 1) <= 0.3);
  assert.doesNotMatch(finding?.explanation ?? '', /same time to live|spread/);
});

test('the end of a peak of traffic is none either, nor is a watch that began just before', () => {
  const quiet = writtenUntil(120, 120, 10);
  const base = quiet.at(-1);
  assert.ok(base);
  const peak = writtenUntil(12, 40).map((one) => ({
    ...one,
    at: one.at + base.at + tick,
    keys: one.keys + base.keys,
    expired: one.expired + base.expired,
    hits: one.hits + base.hits,
    misses: one.misses + base.misses,
  }));
  assert.deepEqual(concluded([...quiet, ...peak]), []);
  const joined = writtenUntil(30, 40).slice(30);
  assert.deepEqual(
    concluded(missing10PerSecond(joined, 0)).filter(({ confidence }) => confidence > 0.3),
    [],
  );
});

test('a burst that lookups feel is one, also on top of keys that come and go; not once lookups find theirs again', () => {
  const steady = writtenUntil(1_000, 40);
  const filled = steady.map((one, i) => ({
    ...one,
    keys: one.keys + (i >= 10 && i < 36 ? 5_000 : 0),
    expired: one.expired + (i >= 36 ? 5_000 : 0),
    misses: one.misses + 1_500 * Math.max(0, i - 35),
  }));
  const [finding] = concluded(filled);
  assert.match(finding?.summary ?? '', /^5000 of 6140 keys expired within .+; lookups that find/);
  assert.ok((finding?.confidence ?? 0) > 0.8);

  const last = filled.at(-1);
  assert.ok(last);
  const later = Array.from({ length: 60 }, (_, i) => ({
    ...last,
    at: last.at + (i + 1) * tick,
    expired: last.expired + (i + 1) * 190,
    hits: last.hits + (i + 1) * 950,
    misses: last.misses + (i + 1) * 50,
  }));
  assert.deepEqual(concluded([...filled, ...later]), []);
});
