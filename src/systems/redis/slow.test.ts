import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { missing } from '../../../test/servers/installed.ts';
import { redisServer } from '../../../test/servers/redis.ts';
import { clientOf, serve, tried } from '../../../test/servers/redis-lab.ts';
import { eventually, readingOf } from '../../../test/try-target.ts';
import type { Evidence } from '../../core/evidence.ts';
import { keyPattern, shapeOf } from './command-shape.ts';
import { conclude } from './diagnoses/slow-command-findings.ts';

const id = 'redis.slow-command';

test('a command is told by its name and the pattern of its key, never by a value', () => {
  for (const [words, shape] of [
    [['SET', 'user:42:token', 's3cret'], 'SET user:*:*'],
    [['get', 'leaderboard'], 'GET leaderboard'],
    [['GET', 'alice@example.com'], 'GET (a key)'],
    [['GET', '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c'], 'GET (a key)'],
    [['LRANGE', 'feed:7', '0', '-1'], 'LRANGE feed:* 0 -1'],
    [['KEYS', '*'], 'KEYS *'],
    [['KEYS', 'user:alice*'], 'KEYS user:*'],
    [['EVAL', 'return redis.call("get", "x")', '0', 'secret'], 'EVAL'],
    [['EVALSHA', 'abc', '1', 'job:1', 'secret'], 'EVALSHA job:*'],
    [['MGET', 'a:1', 'a:2', 'a:3', '... (40 more arguments)'], 'MGET a:* (42 more)'],
    [['XREAD', 'COUNT', '5', 'STREAMS', 'events:eu', '0'], 'XREAD events:*'],
    [['CONFIG', 'SET', 'requirepass', 'hush'], 'CONFIG SET'],
    [['AUTH', 'hush'], 'AUTH'],
    [[], ''],
  ] as const)
    assert.equal(shapeOf(words).shape.trim(), shape);
  assert.equal(keyPattern('cache12:alice'), 'cache#:*');
});

suite('slow commands of Redis', { skip: missing(redisServer) }, () => {
  test('the command, its key and its client are named, and what is old or our own is not', async () => {
    const server = await serve({ settings: { 'slowlog-log-slower-than': 2_000 } });
    const app = clientOf(server, { connectionName: 'api-3' });
    const target = tried({ url: server.url });
    await app.eval(
      "for i = 1, 400000 do redis.call('rpush', KEYS[1], 'a long value of somebody') end",
      1,
      'feed:alice',
    );
    await target.seen('redis.slow');
    const quiet = await target.seen('redis.slow');
    assert.equal(readingOf(quiet, 'redis.slow.worst_time'), 0, 'what was before is no news');
    await app.lrange('feed:alice', 0, -1);
    const seen = await target.seen('redis.slow');
    const worst = readingOf(seen, 'redis.slow.worst_time') ?? 0;
    assert.ok(worst > 0.002, `${worst}`);
    assert.ok((readingOf(seen, 'redis.slow.busy_ratio') ?? 0) > 0);
    assert.match(seen.detail ?? '', /^LRANGE feed:\* 0 -1 took .* asked by api-# at 127\.0\.0\.1$/);
    assert.equal(readingOf(await target.seen('redis.slow'), 'redis.slow.worst_time'), 0);

    const { findings, evidence } = await target.diagnose(id);
    assert.match(
      findings[0]?.summary ?? '',
      /^EVAL feed:\* .*took up to .*, once within ten minutes, asked by api-#/,
    );
    assert.match(findings[0]?.explanation ?? '', /The key of the longest holds \d.* MiB/);
    assert.doesNotMatch(JSON.stringify({ findings, evidence, seen }), /alice|somebody/);
  });

  test('a script that does not end is found and ended by the action', async () => {
    const server = await serve({ settings: { 'busy-reply-threshold': 50 } });
    const target = tried({ url: server.url });
    await target.seen('redis.liveness');
    assert.deepEqual((await target.diagnose(id)).findings, [], 'an idle server has no slow command');
    const app = clientOf(server, { enableReadyCheck: false });
    const script = app.eval('while true do end', 0).catch((error: Error) => error.message);
    const { findings } = await eventually(
      () => target.diagnose(id),
      ({ findings: found }) => found.length > 0,
    );
    assert.match(findings[0]?.summary ?? '', /^A script keeps Redis busy/);
    assert.deepEqual(
      findings[0]?.recommendations.map(({ action }) => action),
      ['redis.script-kill'],
    );
    const other = clientOf(server, { enableReadyCheck: false });
    await other.script('KILL');
    assert.match(String(await script), /killed/i);
  });

  test('what an ACL hides of stalls is told, and the slow log is read all the same', async () => {
    const server = await serve({ settings: { 'slowlog-log-slower-than': 0 } });
    const app = clientOf(server);
    await app.call('ACL', 'SETUSER', 'eye', 'on', '>pw', '-@all', '+ping', '+info', '+slowlog|get');
    const target = tried({ url: `redis://eye:pw@127.0.0.1:${server.port}` });
    await target.seen('redis.slow');
    await app.get('cart:7');
    const seen = await target.seen('redis.slow');
    assert.equal(seen.missing?.[0]?.remedy, 'ACL SETUSER eye +latency|latest');
    assert.ok((readingOf(seen, 'redis.slow.worst_time') ?? 0) > 0);
  });
});

const at = 1_800_000_000_000;
const piece = (name: string, facts: Evidence['facts'], table: Evidence['table']): Evidence => ({
  ...{ id: `it.${name}`, target: 'it', title: name, how: name, at },
  ...(facts ? { facts } : {}),
  ...(table ? { table } : {}),
});
const hot = (cpuShare: number) =>
  piece(
    'hot-commands',
    { cpuShare, hotClient: 'loader', hotHost: '10.0.0.7' },
    { columns: ['command', 'calls', 'share'], rows: [['get', 90_000, 0.8]] },
  );

test('many quick commands are a matter of capacity, and a server with room has none', () => {
  const [finding] = conclude([hot(0.97)], 'it');
  assert.equal(finding?.nature, 'capacity');
  assert.equal(
    finding?.summary,
    'Redis works at its limit (97 % of its thread): GET takes 80 %, most from loader at 10.0.0.7',
  );
  assert.deepEqual(conclude([hot(0.6)], 'it'), []);
});

test('a stall is told by its kind while it is new', () => {
  const stalls = (seconds: number, ago: number) =>
    piece('stalls', undefined, { columns: ['event', 'at', 'seconds'], rows: [['fork', at - ago, seconds]] });
  assert.match(
    conclude([stalls(0.4, 60_000)], 'it')[0]?.summary ?? '',
    /^Redis stood still for 400 ms by fork$/,
  );
  assert.deepEqual(conclude([stalls(0.4, 3_600_000)], 'it'), []);
  assert.deepEqual(conclude([stalls(0.02, 60_000)], 'it'), []);
});
