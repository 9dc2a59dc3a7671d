import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { freePort } from '../../../../test/servers/free-port.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { freeze } from '../../../../test/servers/process.ts';
import { redisServer } from '../../../../test/servers/redis.ts';
import { changedSetting, clientOf, logOf, serve, tried } from '../../../../test/servers/redis-lab.ts';
import { eventually, readingOf } from '../../../../test/try-target.ts';
import { conclude } from './replication-findings.ts';

const id = 'redis.replication-broken';
const quick = { 'repl-diskless-sync-delay': 0 };

suite('replication of Redis that does not work', { skip: missing(redisServer) }, () => {
  test('the primary is gone, wants another password, and is back', async () => {
    const primary = await serve({ settings: quick });
    const watcher = tried({ url: primary.url, replicas: 1 });
    await watcher.seen('redis.replication');
    const replica = await serve({ settings: { replicaof: `127.0.0.1 ${primary.port}` } });
    const target = tried({ url: replica.url });
    const linked = (value: number) =>
      eventually(
        () => target.seen('redis.replication'),
        (seen) => readingOf(seen, 'redis.replication.link') === value,
      );
    await linked(1);
    const well = await eventually(
      () => watcher.seen('redis.replication'),
      (seen) => readingOf(seen, 'redis.replication.replicas') === 1,
    );
    assert.ok((readingOf(well, 'redis.replication.silent_time') ?? 99) <= 2);
    assert.equal(readingOf(well, 'redis.replication.full_syncs'), 1);
    assert.deepEqual((await target.diagnose(id)).findings, []);
    assert.deepEqual((await watcher.diagnose(id)).findings, []);

    const app = clientOf(primary);
    await app.config('SET', 'requirepass', 'hush');
    await app.call('CLIENT', 'KILL', 'TYPE', 'replica');
    await linked(0);
    const changes = [changedSetting(Date.now(), 'requirepass', '', '(set)')];
    const auth = await eventually(
      () => target.diagnose(id, { logs: () => logOf(replica), changes }),
      ({ findings: [one] }) => one?.summary.includes('login') === true,
    );
    assert.match(
      auth.findings[0]?.summary ?? '',
      /has lost its primary 127\.0\.0\.1:\d+.*: the primary does not accept its login$/,
    );
    assert.ok((auth.findings[0]?.confidence ?? 0) > 0.9);
    assert.equal(auth.findings[0]?.change, 'change-1');
    assert.ok(!JSON.stringify(auth).includes('hush'));
    const [absent] = (await tried({ url: primary.url.replace('//', '//:hush@'), replicas: 1 }).diagnose(id))
      .findings;
    assert.match(absent?.summary ?? '', /^1 replica of 1 is not online/);

    await primary.stop('SIGKILL');
    const { findings } = await target.diagnose(id);
    assert.match(findings[0]?.summary ?? '', /the primary does not answer \(connect ECONNREFUSED/);
  });

  test('a replica that hangs is named by the primary', async () => {
    const primary = await serve({ settings: quick });
    const replica = await serve({ settings: { replicaof: `127.0.0.1 ${primary.port}` } });
    const target = tried({ url: primary.url });
    await eventually(
      () => target.seen('redis.replication'),
      (seen) => readingOf(seen, 'redis.replication.replicas') === 1,
    );
    await freeze(replica.pid);
    try {
      await eventually(
        () => target.seen('redis.replication'),
        (seen) => (readingOf(seen, 'redis.replication.silent_time') ?? 0) >= 15,
      );
      const [finding] = (await target.diagnose(id)).findings;
      assert.match(
        finding?.summary ?? '',
        /^Replica 127\.0\.0\.1:\d+ has confirmed nothing for \d\d s, .* behind and does not answer \(no answer within/,
      );
      assert.ok((finding?.confidence ?? 0) >= 0.9);
    } finally {
      process.kill(replica.pid, 'SIGCONT');
    }
  });

  test('a replica of nobody says so, and one that never had a primary is well', async () => {
    const replica = await serve({ settings: { replicaof: `127.0.0.1 ${await freePort()}` } });
    const [finding] = (await tried({ url: replica.url }).diagnose(id)).findings;
    assert.match(finding?.summary ?? '', /does not answer/);
    await clientOf(replica).replicaof('NO', 'ONE');
    assert.deepEqual((await tried({ url: replica.url }).diagnose(id)).findings, []);
  });
});

test('a full copy under way is no broken link', () => {
  const at = 1_800_000_000_000;
  const facts = {
    role: 'replica',
    primary: 'db:6379',
    link: 'down',
    isCopying: true,
    copyLeftBytes: 2 ** 30,
  };
  const [finding] = conclude([{ id: 'it.replication', target: 'it', title: 'x', how: 'x', at, facts }], 'it');
  assert.equal(finding?.summary, 'This replica takes a full copy from db:6379, 1 GiB left');
});
