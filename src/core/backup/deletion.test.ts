import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogueEntry, differencesOf, standingIn, tallyOf } from './deletion.ts';
import { clockAfterRun, type RetentionFacts } from './retention.ts';
import type { BackupView } from './view.ts';

const dayMs = 86_400_000;
const facts: RetentionFacts = {
  ...{ now: 100 * dayMs, lastRunAt: 99 * dayMs, clockDoubtedSince: null, witnesses: [], troubled: new Map() },
};

test('what an engine would delete beside or instead of what was decided is named', () => {
  assert.deepEqual(differencesOf(['a', 'b'], ['b', 'a']), []);
  assert.deepEqual(differencesOf(['a'], ['a', 'c']), ['it would also delete c']);
  assert.deepEqual(differencesOf(['a', 'b'], ['a']), ['it would keep b']);
});

test('a tally counts by what happens and why', () => {
  const one = { id: 'a', kind: 'keep', reason: 'pinned' } as const;
  assert.equal(tallyOf([one, { ...one, id: 'b', reason: 'needed' }]), '2 stay (1 pinned, 1 needed)');
  assert.equal(tallyOf([{ id: 'c', kind: 'remove', reason: 'old-enough' }]), '1 would go (1 old-enough)');
  const mark = { id: 'd', kind: 'mark', reason: 'old-enough' } as const;
  assert.equal(tallyOf([mark]), '1 would be marked (1 old-enough)');
  assert.equal(tallyOf([mark], 'after'), '1 is marked (1 old-enough)');
  assert.equal(tallyOf([]), 'there is no backup');
});

test('a jump of the clock is remembered until a repository bears it out; a first look is no jump', () => {
  assert.deepEqual(clockAfterRun(facts), { lastRunAt: facts.now, clockDoubtedSince: null });
  assert.equal(clockAfterRun({ ...facts, lastRunAt: null }).clockDoubtedSince, null);
  const jumped = clockAfterRun({ ...facts, lastRunAt: 95 * dayMs });
  assert.equal(jumped.clockDoubtedSince, facts.now);
  const nextDay = { ...facts, ...jumped, now: 101 * dayMs };
  assert.equal(clockAfterRun(nextDay).clockDoubtedSince, facts.now);
  const witnesses = [{ from: 'offsite', at: 101 * dayMs }];
  assert.equal(clockAfterRun({ ...nextDay, witnesses }).clockDoubtedSince, null);
});

test('a failure counts only where no good backup came after it; one that fell back to nothing proves nothing', () => {
  const view = (id: string, state: BackupView['state'], startedAt: number): BackupView => ({
    ...{ id, state, startedAt, plan: 'shop', target: 'db', engine: 'e', repository: 'local', folder: '/x' },
    ...{ kind: 'full', needs: [], endedAt: startedAt, bytes: 1, logFrom: null, detail: '', isPinned: false },
    ...{
      markedAt: null,
      label: null,
      writtenAt: null,
      seenAt: null,
      lockedUntil: null,
      copyOf: null,
      proofs: [],
    },
  });
  const known = [
    view('c', 'failed', 3),
    view('b', 'good', 2),
    view('a', 'failed', 1),
    view('x', 'missing', 2),
  ];
  assert.deepEqual(
    standingIn(known).map(({ id }) => id),
    ['b', 'c'],
  );
  assert.deepEqual(
    standingIn(known.slice(1)).map(({ id }) => id),
    ['b'],
  );
  const proof = { id: 'p', backup: 'b', at: 5, level: null, isGood: false, restoredInMs: null };
  const entry = catalogueEntry({
    ...view('b', 'good', 2),
    proofs: [{ ...proof, restoredWith: '', looks: [] }],
  });
  assert.deepEqual([entry.taken, entry.proofs], ['good', [{ level: 0, good: false, at: 5 }]]);
});
