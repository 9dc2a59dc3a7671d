/** What was planned by a clock that was ahead is planned anew when it is right again, by a timer and not by a job. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveSnapshots } from '../../../test/served-snapshots.ts';
import { missing } from '../../../test/servers/installed.ts';
import { redisServer } from '../../../test/servers/redis.ts';
import { fakeClock } from '../../../test/simulation/fake-clock.ts';
import { eventually } from '../../../test/try-target.ts';
import { nextRun } from '../../clock.ts';
import type { Desk } from '../../pipeline/desk.ts';
import * as jobs from '../../store/jobs.ts';
import { scheduleBackups } from './schedule.ts';

const dayMs = 86_400_000;

test('a clock that was ahead for seconds does not stop backups', {
  skip: missing(redisServer),
}, async (t) => {
  const served = await serveSnapshots(t);
  const { recovery, store, configuration } = served.app.ctx;
  const start = Date.now();
  const clock = fakeClock(start);
  const log = { info() {}, warn() {}, error() {} };
  // The schedule alone lives by this clock; the program that holds the store has the true one.
  const desk = { clock, store, configuration, log, changed() {} } as unknown as Desk;
  const schedule = scheduleBackups(desk, recovery, (pattern) => nextRun(pattern, 'UTC', clock.now()));
  const waiting = async () => {
    const rows = await store.db
      .selectFrom('jobs')
      .select(['kind', 'run_at'])
      .where('state', '=', 'waiting')
      .where('kind', 'like', 'backup%')
      .execute();
    return new Map(rows.map((row) => [row.kind, Number(row.run_at)]));
  };
  await schedule.start();

  clock.setWall(start + 400 * dayMs);
  await store.db.deleteFrom('jobs').where('kind', 'like', 'backup%').execute();
  for (const kind of ['backup-expiry', 'backup-look']) await schedule.jobs[kind]?.({});
  await store.transaction(async (tx) => {
    const runAt = start + 401 * dayMs;
    await jobs.enqueue(tx, { kind: 'backup', key: `backup:snap:${runAt}`, payload: { plan: 'snap' }, runAt });
  });
  assert.ok([...(await waiting()).values()].every((at) => at > start + 399 * dayMs));

  clock.setWall(start);
  await clock.runUntil(start + 16 * 60_000);
  const now = await eventually(
    waiting,
    (rows) => (rows.get('backup') ?? Number.POSITIVE_INFINITY) < start + 2 * dayMs,
  );
  assert.ok((now.get('backup-expiry') ?? 0) < start + 2 * dayMs, 'deletions are planned anew');
  assert.ok(
    [...now.values()].every((at) => at < start + 2 * dayMs),
    JSON.stringify([...now]),
  );
});
