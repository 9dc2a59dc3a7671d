import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Redis } from 'ioredis';
import { missing } from '../../../../test/servers/installed.ts';
import { type RedisServer, redisServer, startRedis } from '../../../../test/servers/redis.ts';
import { changedSetting } from '../../../../test/servers/redis-lab.ts';
import { applied, assertGuarded, planned, refusal, undone, verified } from '../../../../test/try-action.ts';
import { eventually, type TriedTarget, tryTarget } from '../../../../test/try-target.ts';
import { redis } from '../index.ts';

const mib = 2 ** 20;

/** What people are told to give Upkeep: for looking, and for each action beside it. */
const guide = (name: string) => readFileSync(`${import.meta.dirname}/../../../../docs/guide/${name}`, 'utf8');
const rulesIn = (text: string) => text.match(/[+%]\S+|~\*/g) ?? [];
const forLooking = rulesIn(/^ACL SETUSER upkeep on .*$/m.exec(guide('getting-started.md'))?.[0] ?? '');

function forAction(id: string): string[] {
  const row = guide('guard.md')
    .split('\n')
    .find((line) => line.startsWith(`| \`${id}\` `));
  return rulesIn((row?.split('`').at(-2) ?? '').replaceAll('\\|', '|'));
}

suite('actions on Redis', { skip: missing(redisServer) }, () => {
  let server: RedisServer;
  let app: Redis;
  let cache: TriedTarget;
  let store: TriedTarget;

  before(async () => {
    server = await startRedis({
      settings: {
        maxmemory: '4mb',
        maxclients: 40,
        'busy-reply-threshold': 100,
        'enable-protected-configs': 'yes',
      },
    });
    app = new Redis(server.url, { protocol: 2, lazyConnect: false });
    const invalidates = { user: ['user:'], event: ['event:', 'feed[1]:'] };
    const url = server.url.replace('redis://', 'redis://upkeep:secret@');
    await app.call('ACL', 'SETUSER', 'upkeep', 'on', '>secret', 'resetkeys', '-@all', ...forLooking);
    cache = tryTarget(redis, { url, role: 'cache', invalidates });
    store = tryTarget(redis, { url, role: 'store' });
  });
  after(async () => {
    app.disconnect();
    await cache.bound.close();
    await store.bound.close();
    await server.stop();
  });

  /** Nothing but what the guide says: with it, the action is planned, applied, verified and undone. */
  async function allow(id: string) {
    await app.call('ACL', 'SETUSER', 'upkeep', 'resetkeys', '-@all', ...forLooking, ...forAction(id));
  }

  test('guide, reference and refusals name the same rules for an action', () => {
    assert.ok(forLooking.length > 5);
    for (const { id, privileges } of redis.actions)
      assert.deepEqual(
        [...new Set([...forLooking, ...forAction(id)])].toSorted(),
        [...new Set([...forLooking, ...rulesIn(privileges)])].toSorted(),
        id,
      );
  });

  /** Writes until the server refuses. */
  async function fill() {
    await assert.rejects(async () => {
      for (let i = 0; ; i++) await app.set(`blob:${i}`, 'x'.repeat(50_000));
    }, /OOM/);
  }

  test('a full cache evicts instead of refusing writes, and refuses again when that is taken back', async () => {
    const policy = 'redis.set-maxmemory-policy';
    await allow(policy);
    assert.match(
      await refusal(store, policy, { policy: 'allkeys-lru' }),
      /it is a store: evicting would lose/,
    );
    await fill();
    const plan = await planned(cache, policy, { policy: 'allkeys-lru' });
    await assertGuarded(cache, plan);
    await applied(cache, plan);
    assert.match(plan.undo.how, /evicted by then are gone and do not come back/);
    const verdict = await verified(cache, plan);
    assert.ok(verdict.good, verdict.detail);
    assert.equal(await app.set('blob:new', 'x'.repeat(50_000)), 'OK');
    assert.match(await applied(cache, plan), /already/);
    await undone(cache, plan);
    assert.deepEqual(await app.config('GET', 'maxmemory-policy'), ['maxmemory-policy', 'noeviction']);
    const unverified = await verified(cache, plan);
    assert.equal(unverified.good, false, 'what was ignored is no success');
    await app.flushall();
  });

  test('the limit is raised within what the machine has, and not put back below what is used', async () => {
    const limit = 'redis.set-maxmemory';
    await allow(limit);
    await fill();
    for (const [bytes, why] of [
      [4 * mib, /already/],
      [2 * mib, /only raises/],
      [64 * mib, /more than 4 times/],
    ] as const)
      assert.match(await refusal(store, limit, { bytes }), why);
    const lowered = changedSetting(Date.now() - 60_000, 'maxmemory', String(64 * mib), String(4 * mib));
    const known = { ...store.context(), changes: async () => [lowered] };
    const back = await store.action(limit).plan({ bytes: 64 * mib }, known);
    assert.ok(!('refused' in back), JSON.stringify(back));
    assert.match(back.summary, /^Put maxmemory back from 4 MiB to 64 MiB/);
    const more = await store.action(limit).plan({ bytes: 65 * mib }, known);
    assert.match('refused' in more ? more.refused : '', /more than stood there in the last day/);
    const small = tryTarget(redis, { url: server.url, memoryLimit: 5 * mib });
    assert.match(await refusal(small, limit, { bytes: 8 * mib }), /the plan allows/);
    await small.bound.close();
    const plan = await planned(store, limit, { bytes: 8 * mib });
    await assertGuarded(store, plan);
    await applied(store, plan);
    const verdict = await verified(store, plan);
    assert.ok(verdict.good, verdict.detail);
    for (let i = 0; i < 40; i++) await app.set(`more:${i}`, 'x'.repeat(50_000));
    await assert.rejects(undone(store, plan), /more than the .* of before/);
    await app.flushall();
    await undone(store, plan);
    assert.deepEqual(await app.config('GET', 'maxmemory'), ['maxmemory', String(4 * mib)]);
    await app.config('SET', 'maxmemory', 6 * mib);
    await assert.rejects(applied(store, plan), /has changed since it was planned/);
    await app.config('SET', 'maxmemory', 4 * mib);
  });

  test('entries of what has changed go by prefix, and nothing else; a store keeps its keys', async () => {
    const id = 'redis.invalidate';
    await allow(id);
    for (let i = 0; i < 60; i++)
      await app.mset(`user:${i}`, 'a', `users:${i}`, 'b', `event:${i}`, 'c', `feed1:${i}`, 'd');
    await app.set('feed[1]:x', 'e');
    assert.match(await refusal(store, id, { changed: 'user' }), /it is a store: its keys are data/);
    assert.match(await refusal(cache, id, {}), /say what has changed/);
    assert.match(await refusal(cache, id, { changed: 'order' }), /knows user, event, not order/);
    assert.match(await refusal(cache, id, { prefix: 'none:' }), /no key begins with none:/);
    const plan = await planned(cache, id, { changed: 'user' });
    assert.match(plan.summary, /^Drop 60 entries of 241 that begin with user:$/);
    await assertGuarded(cache, plan);
    assert.match(await applied(cache, plan), /60 entries dropped/);
    assert.ok((await verified(cache, plan)).good);
    assert.equal(await app.dbsize(), 181);
    await applied(cache, await planned(cache, id, { changed: 'event' }));
    assert.equal(await app.exists('feed[1]:x'), 0);
    assert.equal(await app.dbsize(), 120, 'characters of a pattern stand for themselves');
    await app.flushall();
  });

  test('connections that are idle go, the longest first; those at work, subscribers and workers stay', async () => {
    const id = 'redis.kill-idle-clients';
    await allow(id);
    const others: Redis[] = [];
    const other = (connectionName: string) => {
      const one = new Redis(server.url, {
        protocol: 2,
        connectionName,
        maxRetriesPerRequest: 0,
        retryStrategy: () => null,
      });
      one.on('error', () => {});
      others.push(one);
      return one;
    };
    const idle = [other('idle-1'), other('idle-2')];
    await Promise.all(idle.map((one) => one.ping()));
    const [spared] = [other('idle-3')];
    const worker = other('worker');
    worker.blpop('jobs', 0).catch(() => {});
    const subscriber = other('subscriber');
    await subscriber.subscribe('news');
    await Promise.all([spared?.ping(), app.ping()]);
    assert.match(
      await refusal(cache, id, { idleSeconds: 3_600 }),
      /no ordinary client has been idle for 1 h/,
    );
    const names = async () =>
      String(await app.client('LIST'))
        .split('\n')
        .flatMap((line) => (/ idle=1\d /.test(line) ? [/ name=(\S*)/.exec(line)?.[1] ?? ''] : []))
        .toSorted();
    await eventually(
      names,
      (all) => ['idle-1', 'idle-2', 'idle-3', 'subscriber', 'worker'].every((one) => all.includes(one)),
      120_000,
    );
    const plan = await planned(cache, id, { idleSeconds: 10, atMost: 3 });
    assert.equal(plan.steps.length, 3);
    await assertGuarded(cache, plan);
    await spared?.ping();
    assert.match(await applied(cache, plan), /2 connections closed; 1 were gone or at work again/);
    const verdict = await verified(cache, plan);
    assert.ok(verdict.good, verdict.detail);
    const left = String(await app.client('LIST'));
    assert.match(left, /name=idle-3/);
    assert.match(left, /name=worker/);
    assert.match(left, /name=subscriber/);
    assert.doesNotMatch(left, /name=idle-[12]/);
    assert.match(await applied(cache, plan), /0 connections closed; 3 were gone/);
    for (const one of others) one.disconnect();
  });

  test('a script that keeps the server busy is ended while it has written nothing', async () => {
    const id = 'redis.script-kill';
    await allow(id);
    assert.match(await refusal(cache, id, {}), /no script keeps the server busy/);
    const busy = new Redis(server.url, { protocol: 2, maxRetriesPerRequest: 0 });
    const script = busy.eval('while true do end', 0).catch((error: Error) => error.message);
    const plan = await eventually(
      () => cache.action(id).plan({}, cache.context()),
      (answer) => !('refused' in answer),
    );
    assert.ok(!('refused' in plan));
    const whole = { ...plan, action: id, target: 'tried', input: {}, risk: 'risky' } as const;
    await applied(cache, whole);
    assert.match(String(await script), /killed by user/i);
    assert.ok((await verified(cache, whole)).good);
    assert.match(await applied(cache, whole), /no script ran any more/);
    busy.disconnect();
  });

  test('a snapshot is written again once its folder is there, and verified by its time', async () => {
    const id = 'redis.bgsave';
    await allow(id);
    await app.set('a', 'b');
    const plan = await planned(store, id, {});
    await assertGuarded(store, plan);
    const away = join(server.folder, 'away');
    await mkdir(away);
    await app.config('SET', 'dir', away);
    await rm(away, { recursive: true });
    await applied(store, plan);
    await eventually(
      async () => (await verified(store, plan)).detail,
      (detail) => /no newer snapshot; the last attempt: err/.test(detail),
    );
    await app.config('SET', 'dir', server.folder);
    const again = await planned(store, id, {});
    await applied(store, again);
    await eventually(
      () => verified(store, again),
      ({ good }) => good,
    );
    assert.match(await applied(store, again), /a newer snapshot was written meanwhile/);
  });
});
