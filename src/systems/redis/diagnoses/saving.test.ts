import assert from 'node:assert/strict';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { redisServer } from '../../../../test/servers/redis.ts';
import { changedSetting, clientOf, logOf, serve, tried } from '../../../../test/servers/redis-lab.ts';
import { applied, planned, verified } from '../../../../test/try-action.ts';
import { eventually, readingOf } from '../../../../test/try-target.ts';

const id = 'redis.snapshot-failing';
const skip = process.getuid?.() === 0 ? false : 'needs root, to run the server under an account of its own';
const nobody = { uid: 65534, gid: 65534 };

suite('why Redis cannot save', { skip: missing(redisServer) }, () => {
  test('a folder out of reach: named from the log and the folder, mended by people, saved by the action', {
    skip,
  }, async () => {
    const server = await serve({ as: nobody, settings: { save: '3600 1' } });
    const target = tried({ url: server.url });
    const app = clientOf(server);
    await app.set('a', '1');
    assert.deepEqual((await target.diagnose(id)).findings, [], 'nothing fails yet');
    await target.seen('redis.persistence');

    await chmod(server.folder, 0o500);
    await app.bgsave();
    await eventually(
      () => target.seen('redis.persistence'),
      (seen) => readingOf(seen, 'redis.persistence.save_failed') === 1,
    );
    await assert.rejects(app.set('b', '2'), /MISCONF/);
    const refused = await target.seen('redis.persistence');
    assert.equal(readingOf(refused, 'redis.errors.misconf'), 1);

    const withLog = () => ({ logs: () => logOf(server) });
    const [finding] = (await target.diagnose(id, withLog())).findings;
    assert.equal(
      finding?.summary,
      `Snapshots cannot be written: its account may not write to ${server.folder}; writes are refused (MISCONF, 1 so far)`,
    );
    assert.ok((finding?.confidence ?? 0) >= 0.95);
    assert.match(finding?.explanation ?? '', /is 500 65534:65534, the server runs as 65534:65534/);
    assert.match(finding?.explanation ?? '', /1 change since would be lost by a restart/);
    assert.deepEqual(finding?.recommendations, [], 'a snapshot cannot work before people mended it');

    const [withoutLog] = (await target.diagnose(id)).findings;
    assert.match(withoutLog?.summary ?? '', /its account may not write to/, 'the folder alone tells');

    await chmod(server.folder, 0o700);
    const [mended] = (await target.diagnose(id, withLog())).findings;
    assert.deepEqual(
      mended?.recommendations.map(({ action }) => action),
      ['redis.bgsave'],
    );
    const plan = await planned(target, 'redis.bgsave', {});
    await applied(target, plan);
    await eventually(
      () => verified(target, plan),
      ({ good }) => good,
    );
    assert.equal(await app.set('b', '2'), 'OK');
    assert.deepEqual(
      (await target.diagnose(id, withLog())).findings,
      [],
      'old lines of the log are no trouble',
    );
  });

  test('a folder that is gone, and the change of the setting that made it so', async () => {
    const server = await serve({
      settings: { save: '3600 1', 'enable-protected-configs': 'yes' },
    });
    const target = tried({ url: server.url });
    const app = clientOf(server);
    await app.set('a', '1');
    const away = join(server.folder, 'away');
    await mkdir(away);
    await app.config('SET', 'dir', away);
    await rm(away, { recursive: true });
    await app.bgsave();
    await eventually(
      () => target.seen('redis.persistence'),
      (seen) => readingOf(seen, 'redis.persistence.save_failed') === 1,
    );
    const changes = [changedSetting(Date.now(), 'dir', server.folder, away)];
    const [finding] = (await target.diagnose(id, { changes, logs: () => logOf(server) })).findings;
    assert.match(finding?.summary ?? '', /away is not there; writes are refused \(MISCONF\)$/);
    assert.equal(finding?.change, 'change-1');
    assert.match(finding?.explanation ?? '', /dir was changed from .* to .*away\./);
    // Else it would wait to be stopped until it could save.
    await app.config('SET', 'save', '');
  });

  test('something in the place of the file; writes go on where they are not stopped for it', async () => {
    const server = await serve({ settings: { save: '3600 1', 'stop-writes-on-bgsave-error': 'no' } });
    const target = tried({ url: server.url });
    const app = clientOf(server);
    await app.set('a', '1');
    await mkdir(join(server.folder, 'dump.rdb', 'x'), { recursive: true });
    await app.bgsave();
    await eventually(
      () => target.seen('redis.persistence'),
      (seen) => readingOf(seen, 'redis.persistence.save_failed') === 1,
    );
    const [finding] = (await target.diagnose(id, { logs: () => logOf(server) })).findings;
    assert.match(
      finding?.summary ?? '',
      /^Snapshots cannot be written: something stands in the place of the file in \S+$/,
    );
    const [unknown] = (await target.diagnose(id)).findings;
    assert.equal(unknown?.confidence, 0.7, 'without the log nothing tells what it is');
    assert.ok((unknown?.decides?.length ?? 0) > 0);
    await app.config('SET', 'save', '');
  });

  test('a rewrite of the append-only file that fails is told apart from snapshots', { skip }, async () => {
    const server = await serve({ as: nobody, settings: { appendonly: 'yes' } });
    const target = tried({ url: server.url });
    const app = clientOf(server);
    await app.set('a', '1');
    assert.deepEqual((await target.diagnose('redis.append-failing')).findings, []);
    await chmod(server.folder, 0o500);
    await app.bgrewriteaof();
    await eventually(
      () => target.seen('redis.persistence'),
      (seen) => readingOf(seen, 'redis.persistence.append_failed') === 1,
    );
    const [finding] = (await target.diagnose('redis.append-failing', { logs: () => logOf(server) })).findings;
    assert.match(
      finding?.summary ?? '',
      /^The append-only file cannot be written: its account may not write to \S+$/,
    );
    assert.deepEqual((await target.diagnose(id)).findings, []);
    await chmod(server.folder, 0o700);
  });
});

suite('settings of Redis', { skip: missing(redisServer) }, () => {
  test('go into the ledger without secrets, each setting by itself', async () => {
    const server = await serve({
      password: 'hush',
      settings: { masterauth: 'hush-too', maxmemory: '8mb', 'maxmemory-policy': 'noeviction' },
    });
    const target = tried({ url: server.url });
    const read = async () => (await target.seen('redis.settings')).snapshots?.[0]?.values ?? {};
    const before = await read();
    assert.equal(before['maxmemory-policy'], 'noeviction');
    assert.equal(before.maxmemory, '8388608');
    assert.equal(before.requirepass, '(set)');
    assert.equal(before.masterauth, '(set)');
    assert.ok(!JSON.stringify(before).includes('hush'));
    await clientOf(server).config('SET', 'maxmemory-policy', 'allkeys-lru');
    const after = await read();
    const differing = Object.keys(after).filter((name) => after[name] !== before[name]);
    assert.deepEqual(differing, ['maxmemory-policy']);
  });

  test('what would be lost by a restart is told of a store, not of a cache', async () => {
    const server = await serve();
    const told = async (raw: object) =>
      readingOf(await tried({ url: server.url, ...raw }).seen('redis.settings'), 'redis.settings.volatile');
    assert.equal(await told({}), 1);
    assert.equal(await told({ role: 'cache' }), 0);
    await clientOf(server).config('SET', 'save', '3600 1');
    assert.equal(await told({}), 0);
  });

  test('a limit that was changed is named with the memory that is full', async () => {
    const server = await serve({ settings: { maxmemory: '3mb', 'maxmemory-policy': 'noeviction' } });
    const target = tried({ url: server.url, role: 'cache' });
    const app = clientOf(server);
    for (let i = 0; i < 100; i++) await app.set(`k:${i}`, 'x'.repeat(50_000)).catch(() => undefined);
    const now = Date.now();
    const { findings } = await target.diagnose('redis.memory-full', {
      changes: [changedSetting(now, 'maxmemory-policy', 'allkeys-lru', 'noeviction')],
    });
    assert.equal(findings[0]?.change, 'change-1');
    assert.match(
      findings[0]?.explanation ?? '',
      /maxmemory-policy was changed from allkeys-lru to noeviction/,
    );
  });
});
