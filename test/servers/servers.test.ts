import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import pg from 'pg';
import { locate, missing } from './installed.ts';
import { postgresServer, startPostgres } from './postgres.ts';
import { redisServer, startRedis } from './redis.ts';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('PostgreSQL starts with its settings, restarts on the same data, and leaves nothing behind', {
  skip: missing(postgresServer),
}, async () => {
  const server = await startPostgres({
    settings: { max_connections: 17 },
    password: "it's a secret",
    setup: ['create table kept (id integer)'],
  });
  const first = server.pid;
  try {
    assert.deepEqual(await server.query('show max_connections'), [{ max_connections: '17' }]);
    const client = new pg.Client(server.url);
    await client.connect();
    await client.end();
    await server.restart();
    assert.notEqual(server.pid, first);
    assert.deepEqual(await server.query('select count(*)::int as n from kept'), [{ n: 0 }]);
    const refused = new pg.Client(server.url.replace('secret', 'guess'));
    await assert.rejects(refused.connect(), { code: '28P01' });
  } finally {
    await server.stop();
  }
  assert.equal(existsSync(server.folder), false);
  assert.equal(isAlive(server.pid), false);
});

test('a PostgreSQL that cannot start says why', { skip: missing(postgresServer) }, async () => {
  await assert.rejects(startPostgres({ settings: { max_connections: -1 } }), /outside the valid range/);
});

test('Redis starts with its settings and stops', { skip: missing(redisServer) }, async () => {
  const server = await startRedis({ settings: { maxmemory: '4mb' } });
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write('CONFIG GET maxmemory\r\n'));
    socket.setEncoding('utf8').once('data', (text) => {
      socket.destroy();
      resolve(String(text));
    });
    socket.once('error', reject);
  });
  assert.match(answer, /4194304/);
  await server.stop();
  assert.equal(isAlive(server.pid), false);
  assert.equal(existsSync(server.folder), false);
});

test('a server that is not installed is skipped with the package that has it', (t) => {
  const nowhere = { name: 'no-such-server', apt: 'no-such-package' };
  assert.equal(locate(nowhere), null);
  const before = process.env.CI;
  t.after(() => {
    if (before === undefined) delete process.env.CI;
    else process.env.CI = before;
  });
  delete process.env.CI;
  assert.equal(missing(nowhere), 'no-such-server is not installed: apt-get install no-such-package');
  process.env.CI = 'true';
  assert.throws(() => missing(nowhere), /apt-get install no-such-package/);
});
