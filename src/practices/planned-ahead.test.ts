/** What the calendar planned by a clock that was ahead holds nothing back after a start. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveApp } from '../../test/served-app.ts';
import * as jobs from '../store/jobs.ts';

const dayMs = 86_400_000;

test('reports, hand-offs, calendars and maintenance planned by a clock that was ahead are planned anew', async (t) => {
  const served = await serveApp();
  t.after(() => served.stop());
  const kinds = ['report-daily', 'rule-tuning', 'oncall-handoff', 'oncall-absences', 'maintenance-plan'];
  const { db } = served.app.ctx.store;
  await db.deleteFrom('jobs').where('kind', 'in', kinds).execute();
  const runAt = Date.now() + 400 * dayMs;
  await served.app.ctx.store.transaction(async (tx) => {
    for (const kind of kinds) await jobs.enqueue(tx, { kind, key: kind, payload: {}, runAt });
  });
  await served.restart();
  const waiting = await served.app.ctx.store.db
    .selectFrom('jobs')
    .select(['kind', 'run_at'])
    .where('state', 'in', ['waiting', 'running'])
    .where('kind', 'in', kinds)
    .execute();
  assert.deepEqual(
    waiting.filter(({ run_at }) => run_at > Date.now() + 40 * dayMs),
    [],
  );
  for (const kind of kinds.filter((one) => one !== 'oncall-absences'))
    assert.ok(
      waiting.some((one) => one.kind === kind),
      kind,
    );
});
