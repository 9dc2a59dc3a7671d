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
});
