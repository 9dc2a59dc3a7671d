import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { redisServer } from '../../../../test/servers/redis.ts';
import { clientOf, serve, tried } from '../../../../test/servers/redis-lab.ts';
import { eventually } from '../../../../test/try-target.ts';

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
