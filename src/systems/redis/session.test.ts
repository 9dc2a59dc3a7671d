import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { Redis } from 'ioredis';
import { missing } from '../../../test/servers/installed.ts';
import { type RedisServer, redisServer, startRedis } from '../../../test/servers/redis.ts';
import { eventually } from '../../../test/try-target.ts';
import { Session } from './session.ts';

suite('a session of Redis', { skip: missing(redisServer) }, () => {
  let server: RedisServer;
  let operator: Redis;
  before(async () => {
    server = await startRedis();
    operator = new Redis(server.url);
  });
  after(async () => {
    operator.disconnect();
    await server.stop();
  });

  test('one that is closed while it works is not opened again', async (t) => {
    const options = { host: '127.0.0.1', port: server.port };
    const session = new Session({ options, username: '', password: '', database: 0 });
    t.after(() => session.close());
    const { signal } = new AbortController();
    await session.use(signal, (ask) => ask('PING'));
    const cutOff = assert.rejects(
      session.use(signal, (ask) => ask('BLPOP', 'nothing', 3)),
      /closed/,
    );
    const clients = async () => String(await operator.call('CLIENT', 'LIST'));
    await eventually(clients, (list) => list.includes('cmd=blpop'));
    await session.close();
    await cutOff;
    await assert.rejects(
      session.use(signal, (ask) => ask('PING')),
      /closed/,
    );
    await eventually(clients, (list) => !list.includes('name=upkeep'));
  });

  test('a job that runs out of time takes no job down that opened the connection with it', async (t) => {
    const options = { host: '127.0.0.1', port: server.port };
    const session = new Session({ options, username: '', password: '', database: 0 });
    t.after(() => session.close());
    const hurried = new AbortController();
    const patient = new AbortController();
    const cutOff = assert.rejects(
      session.use(hurried.signal, (ask) => ask('BLPOP', 'nothing', 3)),
      /out of time/,
    );
    const answers = session.use(patient.signal, async (ask) => {
      hurried.abort(new Error('out of time'));
      await cutOff;
      return ask('PING');
    });
    assert.equal(await answers, 'PONG');
  });

  test('while the server takes no more clients, a job that ran out of time does not cost the place that it had', async (t) => {
    const options = { host: '127.0.0.1', port: server.port };
    const session = new Session({ options, username: '', password: '', database: 0 });
    const { signal } = new AbortController();
    await session.use(signal, (ask) => ask('PING'));
    await operator.config('SET', 'maxclients', 2);
    t.after(async () => {
      await operator.config('SET', 'maxclients', 10_000);
      await session.close();
    });
    const hurried = new AbortController();
    const late = session.use(hurried.signal, async (ask) => {
      await ask('BLPOP', 'nothing', 1);
      await ask('SET', 'written', 'late');
    });
    hurried.abort(new Error('out of time'));
    await assert.rejects(late, /out of time/);
    for (let tries = 0; tries < 20; tries++) {
      const other = new Redis(server.url, { lazyConnect: true, retryStrategy: () => null });
      other.on('error', () => {});
      t.after(() => other.disconnect());
      await assert.rejects(
        other.connect().then(() => other.ping()),
        'nobody gets its place',
      );
    }
    assert.equal(await session.use(signal, (ask) => ask('PING')), 'PONG');
    assert.equal(await operator.exists('written'), 0, 'what ran out of time does nothing more');

    await operator.config('SET', 'maxclients', 10_000);
    const again = new AbortController();
    const slow = session.use(again.signal, (ask) => ask('BLPOP', 'nothing', 30));
    again.abort(new Error('out of time'));
    await assert.rejects(slow, /out of time/);
    assert.equal(await session.use(signal, (ask) => ask('PING')), 'PONG', 'by a new one');
    await eventually(
      async () => String(await operator.call('CLIENT', 'LIST')),
      (list) => !list.includes('cmd=blpop'),
    );
  });
});
