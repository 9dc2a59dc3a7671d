import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { redisServer } from '../../../../test/servers/redis.ts';
import { changedSetting, clientOf, serve, tried } from '../../../../test/servers/redis-lab.ts';
import { readingOf, targetName } from '../../../../test/try-target.ts';

const skip = missing(redisServer);

suite('diagnoses of Redis', { skip }, () => {
  test('full with noeviction: refused writes, the prefix that fills it, advice by role', async () => {
    const server = await serve({ settings: { maxmemory: '4mb', 'maxmemory-policy': 'noeviction' } });
    const app = clientOf(server);
    const target = tried({ url: server.url, role: 'cache' });
    assert.deepEqual((await target.diagnose('redis.memory-full')).findings, [], 'not full yet');
    const earlier = { labels: {}, value: 1_000_000, at: Date.now() - 600_000 };
    for (let i = 0; ; i++) {
      const answer = await app.set(`session:${i}`, 'x'.repeat(10_000)).catch((error: Error) => error.message);
      if (answer !== 'OK') break;
    }
    const outcome = await target.seen('redis.memory');
    assert.ok((readingOf(outcome, 'redis.memory.harmful_ratio') ?? 0) > 0.9);
    assert.ok((readingOf(outcome, 'redis.errors.oom') ?? 0) >= 1);
    assert.match(outcome.detail ?? '', /^\d+ % of 4 MiB; when full refuses writes$/);
    const justNow = () => ({ ...earlier, at: Date.now() - 400 });
    const early = await target.diagnose('redis.memory-full', {
      latest: (_, metric) => (metric === 'redis.memory.used' ? [justNow()] : []),
    });
    assert.doesNotMatch(early.findings[0]?.explanation ?? '', /grew|grown/, 'some milliseconds are no trend');
    const { findings } = await target.diagnose('redis.memory-full', {
      latest: (_, metric) => (metric === 'redis.memory.used' ? [earlier] : []),
    });
    const [finding] = findings;
    assert.match(
      finding?.summary ?? '',
      /^Redis uses \d+ % of maxmemory 4 MiB and refuses writes \(OOM, \d+ so far\); about \d+ % of it under session:$/,
    );
    assert.match(
      finding?.explanation ?? '',
      /Policy noeviction, role cache.*It grew by .* in the last 10.*allkeys-lru/,
    );
    assert.match(finding?.explanation ?? '', /Never FLUSHALL/);
    assert.ok((finding?.confidence ?? 0) > 0.9);
    assert.deepEqual(finding?.unseen, []);
    assert.equal(finding?.evidence.length, 4);
    assert.deepEqual(
      finding?.recommendations.map(({ action, input }) => [action, input]),
      [['redis.set-maxmemory-policy', { policy: 'allkeys-lru' }]],
    );

    const changes = [
      changedSetting(Date.now() - 60_000, 'maxmemory', String(50 * 2 ** 20), String(4 * 2 ** 20)),
    ];
    const lowered = (await target.diagnose('redis.memory-full', { changes })).findings[0];
    assert.deepEqual(
      lowered?.recommendations.map(({ action, input }) => [action, input]),
      [['redis.set-maxmemory', { bytes: 50 * 2 ** 20 }]],
      'what somebody lowered is put back, and nothing is evicted',
    );
    const still = [
      changedSetting(Date.now() - 60_000, 'maxmemory', String(50 * 2 ** 20), String(8 * 2 ** 20)),
    ];
    const since = (await target.diagnose('redis.memory-full', { changes: still })).findings[0];
    assert.equal(since?.recommendations[0]?.action, 'redis.set-maxmemory-policy', 'changed again since');

    const store = tried({ url: server.url });
    const other = (await store.diagnose('redis.memory-full')).findings[0];
    assert.match(other?.explanation ?? '', /It is a store: raise maxmemory, within the .* the machine has/);
    assert.deepEqual(
      other?.recommendations.map(({ action, input }) => [action, input]),
      [['redis.set-maxmemory', { bytes: 6 * 2 ** 20 }]],
      'what may lose nothing is never told to evict',
    );
  });

  test('a wrong and a lacking password: the server is alive', async () => {
    const server = await serve({ password: 'right' });
    for (const [url, why, says] of [
      [server.url.replace('right', 'wrong'), 'denied', /user name or password were not accepted: WRONGPASS/],
      // A server that was found and never told who we are is not down: we cannot tell.
      [
        server.url.replace(':right@', ''),
        'broken-probe',
        /asks for a password and none is configured: NOAUTH/,
      ],
    ] as const) {
      const target = tried({ url });
      const outcome = await target.check('redis.liveness');
      assert.ok(!outcome.ok);
      assert.equal(outcome.why, why);
      const { findings, evidence } = await target.diagnose('redis.credentials-refused', {
        detail: () => outcome.detail,
      });
      assert.match(findings[0]?.summary ?? '', says);
      assert.match(findings[0]?.summary ?? '', /^Redis is alive/);
      assert.deepEqual(findings[0]?.evidence, [`${targetName}.login`, `${targetName}.last-answer`]);
      assert.ok(!JSON.stringify(evidence).includes('wrong@'), 'no secret in the evidence');
    }
    const good = tried({ url: server.url });
    assert.deepEqual((await good.diagnose('redis.credentials-refused')).findings, []);
  });
});
