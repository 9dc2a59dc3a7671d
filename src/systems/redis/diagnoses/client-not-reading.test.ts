import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { redisServer } from '../../../../test/servers/redis.ts';
import { clientOf, serve, tried } from '../../../../test/servers/redis-lab.ts';
import { eventually } from '../../../../test/try-target.ts';

const id = 'redis.client-not-reading';

suite('clients that do not fetch their answers', { skip: missing(redisServer) }, () => {
  test('one that asks and does not read is named with what waits for it', async () => {
    const server = await serve({ settings: { maxmemory: '400mb' } });
    const target = tried({ url: server.url });
    const app = clientOf(server);
    await app.set('page:alice', 'x'.repeat(1_000_000));
    assert.equal((await app.get('page:alice'))?.length, 1_000_000);
    assert.deepEqual((await target.diagnose(id)).findings, [], 'an answer that is fetched is no trouble');
    const slow = clientOf(server, { connectionName: 'report-7', retryStrategy: () => null });
    await slow.ping();
    slow.stream.pause();
    for (let i = 0; i < 60; i++) slow.get('page:alice').catch(() => undefined);
    const { findings, evidence } = await eventually(
      () => target.diagnose(id),
      ({ findings: found }) => found.length > 0,
    );
    assert.match(
      findings[0]?.summary ?? '',
      /^Client report-# at 127\.0\.0\.1 does not fetch its answers: \d.* MiB wait for it/,
    );
    assert.match(findings[0]?.explanation ?? '', /Its last command was get\./);
    assert.doesNotMatch(JSON.stringify(evidence), /alice/);
  });
});
