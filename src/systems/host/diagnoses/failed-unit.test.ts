/** As systemd 252 answered; this machine may have none. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { tryTarget } from '../../../../test/try-target.ts';
import type { Evidence, Scalar } from '../../../core/evidence.ts';
import { parseUnits } from '../../../machine/systemd-units.ts';
import { host } from '../index.ts';
import { readingsOf } from '../probes/units.ts';
import { failedUnit } from './failed-unit.ts';

const shown = `Type=notify
Restart=on-failure
NRestarts=0
ExecMainStatus=0
Result=success
Id=ssh.service
LoadState=loaded
ActiveState=active

Type=oneshot
Restart=no
NRestarts=0
ExecMainStatus=203
Result=exit-code
Id=backup.service
LoadState=loaded
ActiveState=failed

Type=simple
Restart=always
NRestarts=7
ExecMainStatus=1
Result=exit-code
Id=api.service
LoadState=loaded
ActiveState=activating

Type=
Id=plymouth.service
LoadState=not-found
ActiveState=inactive

Where=/mnt/backup
Result=exit-code
Id=mnt-backup.mount
LoadState=loaded
ActiveState=failed
`;

test('failed units are followed until they are well, restarts of those that are restarted are counted', () => {
  const units = parseUnits(shown);
  assert.deepEqual(
    units.map(({ name, state, restarts, isOneshot, status }) => [name, state, restarts, isOneshot, status]),
    [
      ['ssh.service', 'active', 0, false, 0],
      ['backup.service', 'failed', 0, true, 203],
      ['api.service', 'activating', 7, false, 1],
      ['mnt-backup.mount', 'failed', 0, false, undefined],
    ],
  );
  const followed = new Set<string>();
  const values = (readings: ReturnType<typeof readingsOf>) =>
    readings.map(({ metric, value, labels }) => [metric, labels?.unit, value]);
  assert.deepEqual(values(readingsOf(units, followed)), [
    ['host.unit.failed', 'backup.service', 1],
    ['host.unit.failed', 'mnt-backup.mount', 1],
    ['host.unit.restarts', 'ssh.service', 0],
    ['host.unit.restarts', 'api.service', 7],
  ]);
  const well = parseUnits(shown.replaceAll('ActiveState=failed', 'ActiveState=inactive'));
  assert.deepEqual(
    values(readingsOf(well, followed)).filter(([metric]) => metric === 'host.unit.failed'),
    [
      ['host.unit.failed', 'backup.service', 0],
      ['host.unit.failed', 'mnt-backup.mount', 0],
    ],
  );
});

test('how a unit ended is told in words, with what it said last', () => {
  const base = { target: 'h', title: 'x', at: 0, how: 'x' };
  const rows: Scalar[][] = [
    ['backup.service', 'failed', 'exit-code', 0, true, 203],
    ['db.service', 'failed', 'oom-kill', 0, false, 9],
    ['api.service', 'activating', 'exit-code', 7, false, 1],
  ];
  const evidence: Evidence[] = [
    { ...base, id: 'h.units', table: { columns: [], rows } },
    { ...base, id: 'h.words api.service', text: 'starting\nError: DATABASE_URL is not set\n' },
    { ...base, id: 'h.words db.service', unseen: 'what db.service said' },
  ];
  const [job, killed, loop] = failedUnit.conclude(evidence, 'h');
  assert.equal(
    job?.summary,
    'backup.service failed: its program cannot be executed: a wrong path or no right to (EXEC) (exit status 203)',
  );
  assert.match(job.explanation, /its last run failed/);
  assert.equal(killed?.summary, 'db.service failed: the kernel killed it for want of memory');
  assert.deepEqual(killed.unseen, ['what db.service said']);
  assert.equal(
    loop?.summary,
    'api.service was started again 7 times: its main process ended with an error (exit status 1)',
  );
  assert.match(loop.explanation, /DATABASE_URL is not set$/);
});

test('without systemd nothing is read and nothing is claimed', {
  skip: existsSync('/run/systemd/system') && 'this machine runs systemd',
}, async () => {
  const target = tryTarget(host, {});
  const seen = await target.seen('host.units');
  assert.deepEqual([seen.readings, seen.missing], [[], undefined]);
  const { findings, evidence } = await target.diagnose('host.failed-unit');
  assert.deepEqual(findings, []);
  assert.equal(evidence[0]?.unseen, 'this machine was not started by systemd');
});
