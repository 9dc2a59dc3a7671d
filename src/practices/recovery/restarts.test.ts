/** An Upkeep that is stopped or killed in the middle, again and again: every plan gets its backup and its proof all the same. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import pg from 'pg';
import { upkeepOn } from '../../../test/crash/backups/upkeep.ts';
import { missing } from '../../../test/servers/installed.ts';
import { postgresServer, startPostgres } from '../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { redisServer, startRedis } from '../../../test/servers/redis.ts';
import { eventually } from '../../../test/try-target.ts';
import type { BackupList } from '../../verbs/backup/list.ts';

const dayMs = 86_400_000;
const skip =
  process.platform === 'linux' ? missing(postgresServer, redisServer) : 'programs are tied by Linux alone';

test('a backup that is cut off at each start starves no other, and its proof comes before its next copy', {
  skip,
}, async (t) => {
  const folder = temporaryFolder('restarts');
  chmodSync(folder, 0o711);
  const scratch = join(folder, 's');
  mkdirSync(scratch, { mode: 0o711 });
  const server = await startPostgres();
  const redis = await startRedis();
  const backup = { to: join(folder, 'kept'), scratch };
  const settings = {
    ...{ name: 'shop', timezone: 'UTC', store: './data' },
    targets: {
      db: { system: 'postgres', url: server.url, every: '60s' },
      cache: { system: 'redis', url: redis.url, every: '60s' },
    },
    backups: { first: { of: 'db', ...backup }, second: { of: 'cache', ...backup } },
  };
  writeFileSync(join(folder, 'upkeep.yaml'), JSON.stringify(settings));
  const upkeep = upkeepOn(folder);
  t.after(async () => {
    await upkeep.stop();
    await server.stop('SIGQUIT');
    await redis.stop();
    removeFolder(folder);
  });
  await server.query('CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 1000) i');
  const list = async () => ((await upkeep.ask('GET', '/backups')).body as BackupList).backups;
  const of = async (plan: string) => (await list()).filter((one) => one.plan === plan);
  const isTaking = async () => (await of('first')).some(({ state }) => state === 'taking');
  const cutOff = async (end: () => Promise<void>) => {
    await eventually(isTaking, Boolean, 60_000);
    await end();
  };
  const nextDay = async () => {
    upkeep.aheadMs += dayMs;
    await upkeep.start();
  };

  // Backups are planned by the end of the start.
  await upkeep.start();
  const { url, token } = JSON.parse(readFileSync(join(folder, 'data/run.json'), 'utf8'));
  const headers = { authorization: `Bearer ${token}` };
  await eventually(
    () => fetch(new URL('/readyz', url), { headers }),
    ({ ok }) => ok,
    60_000,
  );
  await upkeep.stop();
  // A dump waits while somebody holds the table.
  await server.query('CREATE TABLE held AS SELECT 1 AS id');
  const holder = new pg.Client({ connectionString: server.url });
  await holder.connect();
  holder.on('error', () => {});
  await holder.query('BEGIN');
  await holder.query('LOCK TABLE held IN ACCESS EXCLUSIVE MODE');
  await nextDay();
  await cutOff(upkeep.kill);
  await nextDay();
  await cutOff(upkeep.stop);
  await nextDay();
  const [snapshot] = await of('second');
  assert.equal(snapshot?.proofs[0]?.isGood, true, 'the other plan had its turn before');
  await cutOff(upkeep.kill);

  await holder.end();
  await nextDay();
  const [copy] = await eventually(
    () => of('first'),
    ([one]) => one?.state === 'good',
    60_000,
  );
  await upkeep.kill();
  assert.deepEqual(copy?.proofs, []);
  await nextDay();
  const isProven = (all: Awaited<ReturnType<typeof of>>) =>
    all.filter(({ proofs }) => proofs[0]?.isGood).length === 2;
  const [next, before] = await eventually(() => of('first'), isProven, 60_000);
  assert.equal(before?.id, copy?.id);
  assert.ok((before?.proofs[0]?.at ?? Number.POSITIVE_INFINITY) <= (next?.startedAt ?? 0));
});
