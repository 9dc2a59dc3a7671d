import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { redisServer } from '../../../../test/servers/redis.ts';
import { changedSetting, clientOf, serve, tried } from '../../../../test/servers/redis-lab.ts';
import { eventually } from '../../../../test/try-target.ts';
import { parseInfo } from '../info.ts';
import { refusalsBetween } from './commands-refused.ts';

suite('Redis is well and others are held back', { skip: missing(redisServer) }, () => {
  test('who is refused a command by an ACL, and who logs in wrongly, is told while it goes on', async () => {
    const server = await serve({});
    const target = tried({ url: server.url });
    await target.seen('redis.liveness');
    const admin = clientOf(server);
    await admin.call('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '+@all', '-set');
    const id = 'redis.commands-refused';
    assert.deepEqual((await target.diagnose(id)).findings, []);

    const told = async () => {
      const seen = await eventually(
        () => target.diagnose(id),
        ({ findings }) => findings.length > 0,
      );
      return seen.findings;
    };
    const app = clientOf(server, { username: 'app', password: 'secret' });
    const asking = setInterval(() => void app.set('a', '1').catch(() => {}), 50);
    const [finding] = await told();
    clearInterval(asking);
    assert.match(
      finding?.summary ?? '',
      /^clients are refused set \(NOPERM, \d+ times while it was watched\)/,
    );
    assert.match(finding?.explanation ?? '', /ACL SETUSER <user> \+set,/);

    const stranger = clientOf(server);
    const trying = setInterval(() => void stranger.call('AUTH', 'app', 'wrong').catch(() => {}), 50);
    const [refused] = await told();
    clearInterval(trying);
    assert.match(refused?.summary ?? '', /^clients log in with what Redis does not accept \(WRONGPASS/);
    const scanner = clientOf(server);
    const knocking = setTimeout(() => void scanner.call('AUTH', 'app', 'wrong').catch(() => {}), 300);
    const { findings: ofOne } = await target.diagnose(id);
    clearTimeout(knocking);
    assert.deepEqual(ofOne, [], 'one knock is a scanner');
    // Whatever was refused before is no trouble of now.
    assert.deepEqual((await target.diagnose(id)).findings, []);
  });

  test('what Upkeep itself is refused is none of the clients, and a lacking password is no ACL', async () => {
    const server = await serve({ password: 'secret' });
    const admin = clientOf(server);
    await admin.call(
      'ACL',
      'SETUSER',
      'watcher',
      'on',
      '>pw',
      '~*',
      '+@all',
      '-randomkey',
      '-config',
      '-slowlog',
    );
    const target = tried({ url: server.url.replace(':secret@', 'watcher:pw@') });
    await target.seen('redis.liveness');
    const id = 'redis.commands-refused';
    const strangers = clientOf({ url: server.url.replace(':secret@', '') }, { enableReadyCheck: false });
    const asking = setInterval(() => void strangers.get('a').catch(() => {}), 50);
    await target.diagnose('redis.memory-full');
    // The looks of one incident come at the same time.
    const [{ findings }, , full] = await Promise.all([
      eventually(
        () => target.diagnose(id),
        (seen) => seen.findings.length > 0,
      ),
      target.diagnose('redis.slow-command'),
      target.diagnose('redis.memory-full'),
    ]);
    clearInterval(asking);
    assert.deepEqual(
      findings.map(({ summary }) => summary.replace(/\d+/, 'n')),
      ['clients log in with what Redis does not accept (NOAUTH, n times while it was watched)'],
    );
    const asked = setInterval(() => void strangers.get('a').catch(() => {}), 50);
    const changes = [changedSetting(Date.now() - 5_000, 'requirepass', '', '(hidden)')];
    const { findings: named } = await eventually(
      () => target.diagnose(id, { changes }),
      (seen) => seen.findings.length > 0,
    );
    clearInterval(asked);
    assert.deepEqual(
      [named[0]?.change, named[0]?.confidence],
      ['change-1', 0.9],
      'the password was set just now',
    );
    const sampled = full.evidence.find((one) => one.id.endsWith('.prefixes'));
    assert.match(sampled?.unseen ?? '', /ACL SETUSER watcher \+randomkey/);
    const rejected = /cmdstat_randomkey:.*rejected_calls=(\d+)/.exec(
      String(await admin.info('commandstats')),
    )?.[1];
    assert.equal(rejected, '2', 'once each time it looks');
  });

  test('commands are named only where all that was rejected was rejected by an ACL', () => {
    const info = (noperm: number, noauth: number, get: number, set: number) =>
      parseInfo(
        [
          `errorstat_NOPERM:count=${noperm}`,
          `errorstat_NOAUTH:count=${noauth}`,
          `cmdstat_get:calls=1,rejected_calls=${get}`,
          `cmdstat_set:calls=1,rejected_calls=${set}`,
          'cmdstat_randomkey:calls=0,rejected_calls=60',
        ].join('\n'),
      );
    const before = info(0, 0, 0, 0);
    assert.deepEqual(refusalsBetween(before, info(60, 0, 0, 0), Array(60).fill('get')), []);
    assert.deepEqual(refusalsBetween(before, info(5, 0, 2, 3), []), [
      { error: 'NOPERM', times: 5, commands: 'set, get' },
    ]);
    assert.deepEqual(refusalsBetween(before, info(5, 0, 2, 3), ['get', 'get']), [
      { error: 'NOPERM', times: 3, commands: 'set' },
    ]);
    assert.deepEqual(refusalsBetween(before, info(2, 40, 30, 12), []), [
      { error: 'NOPERM', times: 2, commands: '' },
      { error: 'NOAUTH', times: 40, commands: '' },
    ]);
  });

  test('paused writes are named; a client that waits because it asked to is none', async () => {
    const server = await serve({});
    const target = tried({ url: server.url });
    await target.seen('redis.liveness');
    const id = 'redis.clients-paused';
    const worker = clientOf(server);
    const popped = worker.blpop('jobs', 60).catch(() => {});
    const admin = clientOf(server, { connectionName: 'admin' });
    await eventually(
      async () => String(await admin.info('clients')),
      (text) => /blocked_clients:1/.test(text),
    );
    assert.deepEqual((await target.diagnose(id)).findings, []);
    await admin.call('CLIENT', 'PAUSE', '60000', 'WRITE');
    const writer = clientOf(server, { connectionName: 'shop-7' });
    const written = writer.set('a', '1').catch(() => {});
    const { findings } = await eventually(
      () => target.diagnose(id),
      (seen) => seen.findings.length > 0,
    );
    assert.match(findings[0]?.summary ?? '', /^1 client is held in set, which waits for nothing by itself/);
    await admin.call('CLIENT', 'UNPAUSE');
    await written;
    assert.deepEqual((await target.diagnose(id)).findings, []);
    worker.disconnect();
    await popped;
  });
});
