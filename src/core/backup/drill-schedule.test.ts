import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drillEveryMs, isControlDue, isMomentDue, nextRepository } from './drill-schedule.ts';
import type { BackupView, ProofView } from './view.ts';

const day = 86_400_000;
const proof = (at: number, until: number | null, isGood = true): ProofView => ({
  ...{ id: 'p', backup: 'b', at, level: 5, isGood, restoredInMs: 1, restoredWith: '' },
  looks: [
    {
      ...{ level: 3, good: true, detail: '', tookMs: 1 },
      measured: { until, lostMs: null, bytes: 1, copyMs: 1, logBytes: 1, replayMs: 1 },
    },
  ],
});
const view = (
  repository: string,
  proofs: readonly ProofView[],
  copyOf: string | null = null,
): BackupView => ({
  ...{
    id: 'b',
    plan: 'shop',
    target: 'db',
    engine: 'e',
    repository,
    startedAt: 0,
    folder: '/x',
    state: 'good',
  },
  ...{ kind: 'full', needs: [], endedAt: 0, bytes: 1, logFrom: null, detail: '', isPinned: false, proofs },
  ...{ markedAt: null, label: null, writtenAt: null, seenAt: null, lockedUntil: null, copyOf },
});

test('a year of days: a moment is restored each month, in turn out of each repository; others and failures do not count', () => {
  const proofs = new Map<string, ProofView[]>([
    ['local', []],
    ['repo2', []],
  ]);
  const known = () => [...proofs].map(([name, all]) => view(name, all));
  assert.equal(isMomentDue([view('local', [])], false, 400 * day), false, 'without a log there is no moment');
  assert.equal(isMomentDue([view('offsite', [], 'b')], true, 400 * day), false, 'a copy alone is none');
  const drills: [number, string][] = [];
  for (let today = 1; today <= 365; today += 1) {
    const now = today * day;
    proofs.get('local')?.push(proof(now, null), proof(now, now, false));
    if (!isMomentDue(known(), true, now)) continue;
    const repository = nextRepository(known()) ?? assert.fail();
    proofs.get(repository)?.push(proof(now, now - 1));
    drills.push([today, repository]);
  }
  assert.equal(drills.length, 14);
  assert.deepEqual(drills.slice(0, 4), [
    [1, 'local'],
    [28, 'repo2'],
    [55, 'local'],
    [82, 'repo2'],
  ]);
});

test('a control is due each month, and again at once after one that saw nothing', () => {
  const known = [view('local', [])];
  const last = { at: 0, backup: 'b', isSeen: true, detail: '' };
  assert.equal(isControlDue(null, [], 0), false);
  assert.equal(isControlDue(null, known, 0), true);
  assert.equal(isControlDue(last, known, 26 * day), false);
  assert.equal(isControlDue(last, known, 27 * day), true);
  assert.equal(isControlDue({ ...last, isSeen: false }, known, 1), true);
  assert.equal(
    isControlDue({ ...last, isSeen: null }, known, 1),
    false,
    'where no copy can be made it is said once a month',
  );
  assert.equal(isControlDue({ ...last, isSeen: null }, known, drillEveryMs), true);
});
