import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSecondDue, isSecondRestoreDue, secondStandingOf } from './second-standing.ts';
import { usualBackup } from './settings.ts';
import { standingOf } from './standing.ts';
import type { BackupView, ProofView } from './view.ts';

const day = 86_400_000;
const plan = { name: 'shop', target: 'db', engine: 'e', folder: '/b', smoke: [], ...usualBackup };

function view(repository: string, startedAt: number, more: Partial<BackupView> = {}): BackupView {
  return {
    ...{ id: `${repository}${startedAt}`, plan: 'shop', target: 'db', engine: 'e', repository, startedAt },
    ...{ folder: '/x', state: 'good', kind: 'full', needs: [], endedAt: startedAt, bytes: 1, logFrom: null },
    ...{ detail: '', isPinned: false, markedAt: null, label: null, writtenAt: null, seenAt: null },
    ...{ lockedUntil: null, copyOf: null, proofs: [], ...more },
  };
}
const proof = (level: 2 | 6, isGood: boolean): ProofView => ({
  ...{ id: 'p', backup: 'b', at: day, level, isGood, restoredInMs: null, restoredWith: '' },
  looks: [{ level, good: isGood, detail: 'a gap', tookMs: 1 }],
});

test('each repository stands for itself: what is wrong with the second says nothing of the first', () => {
  const here = view('local', 20 * day, { proofs: [{ ...proof(6, true), at: 20 * day }] });
  const there = view('repo2', 10 * day, { proofs: [proof(2, false)] });
  const known = [view('repo2', 20.1 * day, { state: 'failed', detail: 'no route', proofs: [] }), here, there];
  const now = 20.2 * day;
  const first = standingOf(plan, known, now);
  assert.deepEqual([first.newest, first.failed, first.late, first.notProven], [here, null, null, null]);
  const second = secondStandingOf('repo2', known, now, 'refused');
  assert.equal(second.newest, there);
  assert.equal(second.unreachable, 'repository repo2 cannot be read: refused');
  assert.equal(second.failed, 'the last backup into repo2 failed: no route');
  assert.equal(second.late, 'the newest backup in repo2 is 10 d 5 h old; one is taken each week');
  assert.equal(second.notProven, 'a proof out of repo2 failed at level 2: a gap');
  const third = secondStandingOf('repo3', known, now, null);
  assert.deepEqual([third.newest, third.failed, third.late, third.notProven], [null, null, null, null]);
});

test('one is due each week, once there is one in the first; the first and each fourth are restored', () => {
  assert.equal(isSecondDue('repo2', [], 0), false);
  const here = view('local', 1);
  assert.equal(isSecondDue('repo2', [here], 1), true);
  const there = (at: number, level: 2 | 6) => view('repo2', at, { proofs: [proof(level, true)] });
  assert.equal(isSecondDue('repo2', [there(day, 6), here], 7 * day), false);
  assert.equal(isSecondDue('repo2', [there(day, 6), here], 7.4 * day), true);
  assert.equal(isSecondRestoreDue('repo2', [view('repo2', 1), here]), true);
  assert.equal(isSecondRestoreDue('repo2', [view('repo2', 2), there(1, 6)]), false);
  const three = [4, 3, 2].map((at) => there(at, 2));
  assert.equal(isSecondRestoreDue('repo2', [view('repo2', 5), ...three, there(1, 6)]), true);
});
