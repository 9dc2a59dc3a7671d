/** What is due while something else is done with the same backups is taken when that is over, once. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { serveApp } from '../../../test/served-app.ts';
import { missing } from '../../../test/servers/installed.ts';
import { freeze, removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { redisServer, startRedis } from '../../../test/servers/redis.ts';
import { fakeClock } from '../../../test/simulation/fake-clock.ts';
import { eventually } from '../../../test/try-target.ts';
import { nextRun } from '../../clock.ts';
import type { BackupView } from '../../core/backup/view.ts';
import type { Desk } from '../../pipeline/desk.ts';
import * as jobs from '../../store/jobs.ts';
import * as journal from '../../store/journal.ts';
import { scheduleBackups } from './schedule.ts';

async function frozen(t: TestContext) {
  const folder = temporaryFolder('busy');
  const redis = await startRedis();
  const served = await serveApp({
    yaml: `
name: shop
timezone: UTC
targets: { cache: { system: redis, url: "${redis.url}", every: 60s } }
backups: { snap: { of: cache, to: "${folder}/kept", scratch: "${folder}" } }
`,
  });
  t.after(async () => {
    process.kill(redis.pid, 'SIGCONT');
    await served.stop();
    await redis.stop();
    removeFolder(folder);
  });
  const { recovery, store, configuration } = served.app.ctx;
  const clock = fakeClock(Date.now());
  const log = { info() {}, warn() {}, error() {} };
  const desk = { clock, store, configuration, log, changed() {} } as unknown as Desk;
  const schedule = scheduleBackups(desk, recovery, (pattern) => nextRun(pattern, 'UTC', clock.now()));
  const list = (kind: string) => journal.list(store.db, { kinds: [kind], limit: 9 });
  const taken = async () =>
    (await store.db.selectFrom('backups').select('id').where('state', '=', 'good').execute()).length;
  /** Of the one plan, until the server answers again. */
  async function beginTake() {
    await freeze(redis.pid);
    const ended = served.call<BackupView>('backup.take', { name: 'snap' });
    const begun = () => store.db.selectFrom('backups').select('id').where('state', '=', 'taking').execute();
    await eventually(begun, (rows) => rows.length === 1);
    return () => {
      process.kill(redis.pid, 'SIGCONT');
      return ended;
    };
  }
  return { ...{ served, recovery, store, clock, schedule, list, taken, beginTake } };
}

test('a backup that is due while its plan is busy waits for its turn', {
  skip: missing(redisServer),
}, async (t) => {
  const { store, clock, schedule, list, taken, beginTake } = await frozen(t);
  const due = schedule.jobs.backup ?? assert.fail();
  const waiting = async () =>
    (
      await store.db
        .selectFrom('jobs')
        .select(['payload', 'run_at'])
        .where('state', '=', 'waiting')
        .where('key', '=', 'backup:snap:waits')
        .execute()
    ).map(({ payload, run_at }) => ({ payload: JSON.parse(payload), runAt: Number(run_at) }));

  const endTake = await beginTake();
  clock.setWall(Date.now() + 1);
  await due({ plan: 'snap' });
  const [first] = await waiting();
  assert.ok(first && first.runAt - clock.now() <= 60_000, JSON.stringify(first));
  const told = () => list('backup.waits');
  assert.match(String((await told())[0]?.payload.detail), /^due now, and something else is done with snap: /);

  // It looks again and again, is one all the same, and is told once.
  await due(first.payload);
  assert.equal((await waiting()).length, 1);
  assert.equal((await told()).length, 1);

  await endTake();
  assert.equal(await taken(), 1);
  await due(first.payload);
  assert.equal(await taken(), 2);
  assert.equal((await waiting()).length, 1, 'what the look before left');
  await due(first.payload);
  assert.equal(await taken(), 2, 'one was taken since it was due');
});

test('a monthly drill that is due while its plan is busy says so once and comes when that is over, not the next night', {
  skip: missing(redisServer),
}, async (t) => {
  const { served, store, clock, schedule, list, beginTake } = await frozen(t);
  await served.call<BackupView>('backup.take', { name: 'snap' });
  const due = schedule.jobs['backup-drill'] ?? assert.fail();
  const turn = schedule.jobs['backup-turn'] ?? assert.fail();
  const again = async () => {
    const waits = store.db.selectFrom('jobs').select('run_at').where('state', '=', 'waiting');
    const row = await waits.where('key', '=', 'backup-turn:snap:again').executeTakeFirst();
    return row === undefined ? null : Number(row.run_at) - clock.now();
  };

  const endTake = await beginTake();
  clock.setWall(Date.now() + 1);
  await due({ plan: 'snap', dueAt: clock.now() });
  assert.equal(await again(), 60_000);
  await turn({});
  const told = await list('backup.drill-waits');
  assert.equal(told.length, 1);
  assert.match(String(told[0]?.payload.detail), /^due now, and something else is done with snap: /);
  assert.equal((await list('backup.drill-not-run')).length, 0, 'it was not given up');

  await endTake();
  await turn({});
  assert.match(String((await list('backup.controlled'))[0]?.payload.detail), / were flipped in a copy: /);
  await turn({});
  await due({ plan: 'snap', dueAt: clock.now() });
  assert.equal((await list('backup.controlled')).length, 1, 'once');
});

test('a monthly drill that an end of Upkeep cuts off is done after the next start, and is not written down as not run', {
  skip: missing(redisServer),
}, async (t) => {
  const folder = temporaryFolder('cut-drill');
  const [slow, quick] = [await startRedis(), await startRedis()];
  const served = await serveApp({
    yaml: `
name: shop
timezone: UTC
targets:
  slow: { system: redis, url: "${slow.url}", every: 60s }
  quick: { system: redis, url: "${quick.url}", every: 60s }
backups:
  slow: { of: slow, to: "${folder}/kept", scratch: "${folder}" }
  quick: { of: quick, to: "${folder}/kept", scratch: "${folder}" }
`,
  });
  t.after(async () => {
    process.kill(slow.pid, 'SIGCONT');
    await served.stop();
    await Promise.all([slow.stop(), quick.stop()]);
    removeFolder(folder);
  });
  await served.call<BackupView>('backup.take', { name: 'quick' });
  await freeze(slow.pid);
  const { recovery, store } = served.app.ctx;
  served.call<BackupView>('backup.take', { name: 'slow' }).catch(() => {});
  await eventually(
    async () => recovery.underWay().has('slow'),
    (isBegun) => isBegun,
  );
  const payload = { plan: 'quick', dueAt: Date.now() };
  const job = { kind: 'backup-drill', key: 'backup-drill:quick:now', payload, runAt: Date.now() };
  await store.transaction((tx) => jobs.enqueue(tx, job));
  served.app.ctx.changed();
  await eventually(
    async () => recovery.underWay().has('quick'),
    (isBegun) => isBegun,
  );
  await served.restart();
  process.kill(slow.pid, 'SIGCONT');
  const entries = (kind: string) => journal.list(served.app.ctx.store.db, { kinds: [kind], limit: 9 });
  await eventually(
    () => entries('backup.controlled'),
    (found) => found.some(({ payload }) => payload.plan === 'quick'),
  );
  assert.deepEqual(await entries('backup.drill-not-run'), []);
});
