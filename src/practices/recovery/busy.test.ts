/** What is due while something else is done with the same backups is taken when that is over, once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveApp } from '../../../test/served-app.ts';
import { missing } from '../../../test/servers/installed.ts';
import { freeze, removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { redisServer, startRedis } from '../../../test/servers/redis.ts';
import { fakeClock } from '../../../test/simulation/fake-clock.ts';
import { eventually } from '../../../test/try-target.ts';
import { nextRun } from '../../clock.ts';
import type { BackupView } from '../../core/backup/view.ts';
import type { Desk } from '../../pipeline/desk.ts';
import * as journal from '../../store/journal.ts';
import { scheduleBackups } from './schedule.ts';

test('a backup that is due while its plan is busy waits for its turn', {
  skip: missing(redisServer),
}, async (t) => {
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
  const taken = async () =>
    (await store.db.selectFrom('backups').select('id').where('state', '=', 'good').execute()).length;

  await freeze(redis.pid);
  const other = served.call<BackupView>('backup.take', { name: 'snap' });
  const begun = () => store.db.selectFrom('backups').select('id').where('state', '=', 'taking').execute();
  await eventually(begun, (rows) => rows.length === 1);
  clock.setWall(Date.now() + 1);
  await due({ plan: 'snap' });
  const [first] = await waiting();
  assert.ok(first && first.runAt - clock.now() <= 60_000, JSON.stringify(first));
  const told = () => journal.list(store.db, { kinds: ['backup.waits'], limit: 9 });
  assert.match(String((await told())[0]?.payload.detail), /^due now, and something else is done with snap: /);

  // It looks again and again, is one all the same, and is told once.
  await due(first.payload);
  assert.equal((await waiting()).length, 1);
  assert.equal((await told()).length, 1);

  process.kill(redis.pid, 'SIGCONT');
  await other;
  assert.equal(await taken(), 1);
  await due(first.payload);
  assert.equal(await taken(), 2);
  assert.equal((await waiting()).length, 1, 'what the look before left');
  await due(first.payload);
  assert.equal(await taken(), 2, 'one was taken since it was due');
});
