import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { redisServer } from '../../../../test/servers/redis.ts';
import { alertSince, changedSetting, clientOf, serve, tried } from '../../../../test/servers/redis-lab.ts';
import { applied, planned, verified } from '../../../../test/try-action.ts';
import { eventually, readingOf } from '../../../../test/try-target.ts';

const id = 'redis.clients-exhausted';

suite('who holds the connections of Redis', { skip: missing(redisServer) }, () => {
  test('a leak is named, and only its idle connections are closed', async () => {
    const server = await serve({ settings: { maxclients: 20 } });
    const target = tried({ url: server.url });
    await target.seen('redis.liveness');
    const app = clientOf(server);
    await app.ping();
    const leaks = Array.from({ length: 18 }, (_, index) =>
      clientOf(server, { connectionName: `leak-${index}`, retryStrategy: () => null }),
    );
    await Promise.all(leaks.map((one) => one.ping()));

    const early = (await target.diagnose(id)).findings[0];
    assert.ok((early?.confidence ?? 1) < 0.8, 'not sure before anybody can know whether they are used');
    assert.deepEqual(early?.recommendations, []);
    assert.match(early?.explanation ?? '', /whether they are used is seen at the next look/);

    const [finding] = await eventually(
      async () => {
        await app.ping();
        return (await target.diagnose(id)).findings;
      },
      ([one]) => (one?.recommendations.length ?? 0) > 0,
      120_000,
    );
    assert.match(
      finding?.summary ?? '',
      /^20 of 20 connections are taken, 18 by clients named leak-# from 127\.0\.0\.1, 18 of them idle for up to \d+ s$/,
    );
    assert.ok((finding?.confidence ?? 0) > 0.9);
    const [closing] = finding?.recommendations ?? [];
    assert.deepEqual(closing?.input, {
      idleSeconds: 10,
      name: 'leak-#',
      user: 'default',
      host: '127.0.0.1',
      atMost: 18,
    });
    const plan = await planned(target, closing?.action ?? '', closing?.input ?? {});
    await applied(target, plan);
    assert.ok((await verified(target, plan)).good);
    assert.equal(await app.ping(), 'PONG', 'nobody else is cut');
    assert.deepEqual((await target.diagnose(id)).findings, []);
  });

  test('clients at work are not closed, and a lowered limit is named as the change', async () => {
    const server = await serve({ settings: { maxclients: 20 } });
    const target = tried({ url: server.url });
    await target.seen('redis.liveness');
    const workers = Array.from({ length: 17 }, () => clientOf(server, { connectionName: 'worker' }));
    for (const worker of workers) worker.blpop('jobs', 0).catch(() => undefined);
    const now = Date.now();
    const { findings } = await eventually(
      () => target.diagnose(id, { changes: [changedSetting(now, 'maxclients', '10000', '20')] }),
      ({ findings: [one] }) => one?.summary.includes('worker') === true,
    );
    assert.deepEqual(findings[0]?.recommendations, []);
    assert.equal(findings[0]?.change, 'change-1');
    assert.match(findings[0]?.explanation ?? '', /maxclients 10000 -> 20/);
    const before = { changes: [changedSetting(now, 'maxclients', '10000', '20')] };
    const late = await target.diagnose(id, { ...before, alerts: [alertSince(now - 3_600_000)] });
    assert.equal(late.findings[0]?.change, undefined, 'trouble that was there before has another cause');
  });

  test('with places left there is no finding; without a look the last seen groups are told', async () => {
    const server = await serve({ settings: { maxclients: 10 } });
    const target = tried({ url: server.url });
    const seen = await target.seen('redis.buffers');
    assert.deepEqual((await target.diagnose(id)).findings, []);
    const by = readingOf(seen, 'redis.clients.by', { user: 'default' });
    assert.equal(by, 1);

    const others = Array.from({ length: 9 }, () => clientOf(server, { connectionName: 'api' }));
    await Promise.all(others.map((one) => one.ping()));
    const late = tried({ url: server.url });
    const refused = await late.check('redis.liveness');
    assert.ok(!refused.ok);
    const at = Date.now() - 30_000;
    const labels = { name: 'api', user: 'default', host: '127.0.0.1' };
    const { findings } = await late.diagnose(id, {
      detail: () => refused.detail,
      latest: (_, metric) => (metric === 'redis.clients.by' ? [{ labels, value: 9, at }] : []),
    });
    assert.match(
      findings[0]?.summary ?? '',
      /^all connections are taken, 9 by clients named api from 127\.0\.0\.1, as last seen [34]\d s before$/,
    );
    assert.equal(findings[0]?.confidence, 0.75);
    assert.ok((findings[0]?.unseen.length ?? 0) > 0);
    assert.deepEqual(findings[0]?.recommendations, []);
  });
});
