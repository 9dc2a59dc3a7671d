/** Servers that stand still, as a stopped process, a hung disk or an endless lock leave them: they accept and never answer. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { TargetView } from '../../src/core/view.ts';
import * as alertRows from '../../src/store/alerts.ts';
import { serveApp } from '../served-app.ts';
import { missing } from '../servers/installed.ts';
import { postgresServer, startPostgres } from '../servers/postgres.ts';
import { freeze } from '../servers/process.ts';
import { redisServer, startRedis } from '../servers/redis.ts';
import { eventually } from '../try-target.ts';

const targets = ['cache', 'cache-slow', 'db', 'db-slow'];

test('Redis and PostgreSQL that freeze are down, not unknown, however short their interval and their timeout', {
  skip: missing(redisServer) || missing(postgresServer),
}, async (t) => {
  const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
  const frozen: number[] = [];
  const served = await serveApp({
    yaml: `
name: shop
targets:
  cache: { system: redis, url: "${redis.url}", every: 1s }
  cache-slow: { system: redis, url: "${redis.url}", every: 10s, timeout: 1s }
  db: { system: postgres, url: "${postgres.url}", every: 1s }
  db-slow: { system: postgres, url: "${postgres.url}", every: 10s, timeout: 1s }
`,
  });
  t.after(async () => {
    for (const pid of frozen) resume(pid);
    await served.stop();
    await Promise.all([redis.stop(), postgres.stop()]);
  });
  const downNow = async () =>
    (await alertRows.open(served.app.ctx.store.db))
      .filter(({ rule, state }) => rule.endsWith('.down') && state === 'firing')
      .map(({ rule, detail }) => `${rule}: ${detail}`)
      .toSorted();
  const seen = async () => {
    const shown = targets.map((name) => served.call<TargetView>('target.show', { name }));
    return (await Promise.all(shown)).map(({ detail }) => detail);
  };
  await eventually(seen, (details) => details.every((detail) => /^(Redis|PostgreSQL) \d/.test(detail)));
  for (const pid of [redis.pid, postgres.pid]) {
    frozen.push(pid);
    await freeze(pid);
  }
  // Its processes for connections too; some begin with the first login, and some end just now.
  for (const pid of childrenOf(postgres.pid)) {
    frozen.push(pid);
    await freeze(pid).catch((error: Error) => assert.match(error.message, /gone instead|ESRCH/));
  }
  const down = await eventually(downNow, (rules) => rules.length === targets.length);
  for (const one of down) assert.match(one, /^(postgres|redis)\.down: no answer within /);
});

function resume(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It has ended.
  }
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}
