import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minuteMs, startAt, startLoop, toyTarget } from '../../test/simulation/loop.ts';
import type { ActionView } from '../core/view.ts';
import * as backupRows from '../store/backups.ts';
import { reportOf } from './report-action.ts';

test('a report names the last backup before the change, where it lies and whether a restore proved it', async (t) => {
  const loop = await startLoop({ targets: [toyTarget('db')] });
  t.after(() => loop.end());
  const { db } = loop.store;
  const taken = async (id: string, at: number) => {
    await backupRows.insert(db, {
      ...{ id, plan: 'nightly', target: 'db', engine: 'postgres.logical', repository: 'disk' },
      ...{ folder: `/backups/${id}`, startedAt: at - minuteMs },
    });
    await backupRows.settle(db, id, at, {
      ...{ state: 'good', kind: 'full', needs: [], bytes: 5_242_880, logFrom: null, manifest: {} },
      detail: '',
    });
  };
  await taken('a1', startAt - 120 * minuteMs);
  await taken('b2', startAt + 60 * minuteMs);
  const looks = { restoredInMs: 1, restoredWith: 'pg_restore', looks: [], isGood: true };
  const proof = { id: 'p', backup: 'a1', at: startAt - 90 * minuteMs, level: 4, ...looks } as const;
  await backupRows.insertProof(db, proof, null);
  const action: ActionView = {
    ...{ id: '0199', incidentId: null, digest: 'ab', state: 'done', why: 'it blocks', report: null },
    plan: {
      ...{ action: 'postgres.set-setting', target: 'db', input: {}, risk: 'risky', summary: 'set work_mem' },
      ...{ steps: [], before: {}, expect: 'well', undo: { possible: false, how: 'no' } },
      ...{ verifyWithinMs: 1, holdMs: 1 },
    },
    judgement: { kind: 'ask', reason: 'policy' },
    ...{ proposedBy: 'upkeep', proposedAt: startAt, approvedBy: 'ann', approvedAt: startAt, expiresAt: 0 },
    ...{ appliedAt: startAt, endedAt: startAt, result: 'set', after: null },
  };
  const report = await reportOf(loop.desk, db, action, () => undefined);
  assert.match(report, /- Last backup: .*, 2 h before the change \(nightly, postgres\.logical, 5 MiB\)/);
  assert.match(report, /- Backup location: \/backups\/a1/);
  assert.match(report, /- Recovery tested: Yes, level 4 on .*, 1 h 30 m before the change/);
});
