import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tryTarget } from '../../../../test/try-target.ts';
import type { Change } from '../../../core/change.ts';
import type { Heartbeat } from '../../../core/heartbeat.ts';
import { emptyInbox } from '../../../core/inbox.ts';
import { heartbeat } from '../index.ts';

const hour = 3_600_000;
const now = Date.now();

function job(lastAt: number, changes: Partial<Heartbeat> = {}) {
  const state: Heartbeat = {
    ...{ lastAt, outcome: 'success', reason: null, output: null, open: {}, durationMs: null },
    ...{ endedAt: lastAt, exitCode: 0, runs: 5 },
    ...changes,
  };
  return tryTarget(
    heartbeat,
    { period: '1h', grace: '10m' },
    { inbox: { ...emptyInbox, heartbeat: () => state } },
  );
}

test('each run that was due and did not come is counted, and a change in between is named', async () => {
  const change: Change = {
    ...{ id: 'c1', kind: 'configuration', target: null, service: 'shop', differences: [], url: null },
    ...{
      summary: 'crontab of batch',
      after: now - 3 * hour,
      at: now - 3 * hour,
      source: 'ci',
      isReported: true,
    },
  };
  const { findings } = await job(now - 3.5 * hour).diagnose('heartbeat.silent', { changes: [change] });
  assert.match(findings[0]?.summary ?? '', /^3 runs of tried were due and did not come, the first at 20/);
  assert.match(findings[0]?.explanation ?? '', /crontab -l.*this was changed: crontab of batch/s);
});

test('a run that began and did not end hangs; one that is not due yet is nobody’s trouble', async () => {
  const began = now - 1.5 * hour;
  const { findings } = await job(began, { open: { '': began } }).diagnose('heartbeat.silent');
  assert.match(findings[0]?.summary ?? '', /began and did not end/);
  assert.deepEqual((await job(now - 0.9 * hour).diagnose('heartbeat.silent')).findings, []);
  assert.deepEqual((await tryTarget(heartbeat, { period: '1h' }).diagnose('heartbeat.silent')).findings, []);
});
