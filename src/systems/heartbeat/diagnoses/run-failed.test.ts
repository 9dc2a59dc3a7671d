import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tryTarget } from '../../../../test/try-target.ts';
import { rankFindings } from '../../../core/diagnosis.ts';
import type { Heartbeat } from '../../../core/heartbeat.ts';
import { emptyInbox } from '../../../core/inbox.ts';
import { heartbeat } from '../index.ts';

const hour = 3_600_000;

function failed(lastAt: number, changes: Partial<Heartbeat> = {}) {
  const state: Heartbeat = {
    ...{ lastAt, outcome: 'failure', reason: 'exit code 3', open: {}, durationMs: null },
    output: 'dumping shop\npassword=hunter22\npg_dump: error: could not write: No space left on device',
    ...{ endedAt: lastAt, exitCode: 3, runs: 5 },
    ...changes,
  };
  return tryTarget(
    heartbeat,
    { period: '1h', grace: '10m' },
    { inbox: { ...emptyInbox, heartbeat: () => state } },
  );
}

test('a run that reported failure says how, and leads also when later runs did not come', async () => {
  const job = failed(Date.now() - 3.5 * hour);
  const told = await job.diagnose('heartbeat.run-failed');
  const [finding] = told.findings;
  assert.equal(
    finding?.summary,
    'the last run of tried failed with exit code 3: pg_dump: error: could not write: No space left on device',
  );
  const output = told.evidence.find(({ id }) => finding?.evidence.includes(id))?.text ?? '';
  assert.match(output, /dumping shop/);
  assert.doesNotMatch(output, /hunter22/);
  const silent = await job.diagnose('heartbeat.silent');
  const [first] = rankFindings([...silent.findings, ...told.findings], {
    needs: new Map(),
    servicesOf: new Map(),
  });
  assert.equal(first?.id, 'heartbeat.run-failed');
});

test('a run that ended well, and a job that was never heard of, are no failure', async () => {
  const well = failed(Date.now(), { outcome: 'success', exitCode: 0, reason: null });
  assert.deepEqual((await well.diagnose('heartbeat.run-failed')).findings, []);
  const never = tryTarget(heartbeat, { period: '1h' });
  assert.deepEqual((await never.diagnose('heartbeat.run-failed')).findings, []);
});

test('times are in the zone of the team', async () => {
  const state: Heartbeat = {
    ...{ lastAt: Date.now() - 3.5 * hour, outcome: 'success', reason: null, output: null, open: {} },
    ...{ durationMs: null, endedAt: null, exitCode: 0, runs: 5 },
  };
  const job = tryTarget(
    heartbeat,
    { period: '1h', grace: '10m', timezone: 'Pacific/Noumea' },
    { inbox: { ...emptyInbox, heartbeat: () => state } },
  );
  const { findings } = await job.diagnose('heartbeat.silent');
  assert.match(findings[0]?.summary ?? '', /the first at .*Pacific\/Noumea/);
});
