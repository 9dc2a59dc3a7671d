import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Backup } from './catalogue.ts';
import { defaultRetention, planDeletion, type RetentionFacts } from './retention.ts';

const day = 86_400_000;
const now = 400 * day;

function backup(id: string, ageDays: number, more: Partial<Backup> = {}): Backup {
  const endedAt = now - ageDays * day;
  return {
    ...{ id, of: 'db', repository: 'local', kind: 'full', needs: [], bytes: 100 },
    ...{ startedAt: endedAt - 60_000, endedAt, writtenAt: endedAt, firstSeenAt: endedAt },
    ...{ logFrom: endedAt / 1_000, taken: 'good', isPinned: false, lockedUntil: null, markedAt: null },
    proofs: [{ level: 5, good: true, at: endedAt + 60_000 }],
    ...more,
  };
}

/** Daily for `days` days, newest first by id `d0`. */
const daily = (days: number, more: (age: number) => Partial<Backup> = () => ({})) =>
  Array.from({ length: days }, (_, age) => backup(`d${age}`, age, more(age)));

const facts: RetentionFacts = {
  now,
  lastRunAt: now - day,
  clockDoubtedSince: null,
  witnesses: [],
  troubled: new Map(),
};
const decided = (catalogue: readonly Backup[], more: Partial<RetentionFacts> = {}) => {
  const plan = planDeletion(catalogue, defaultRetention, { ...facts, ...more });
  return { ...plan, of: (id: string) => plan.decisions.find((one) => one.id === id) };
};

test('the oldest beyond its time is marked, one full a run, and removed when a week has passed', () => {
  const plan = decided(daily(40));
  assert.deepEqual(plan.of('d39'), { id: 'd39', kind: 'mark', reason: 'old-enough' });
  assert.deepEqual(plan.of('d38'), { id: 'd38', kind: 'keep', reason: 'one-full-a-run' });
  assert.equal(plan.of('d29')?.reason, 'younger-than-kept');
  assert.equal(plan.of('d0')?.reason, 'younger-than-kept');

  const marked = (since: number) => daily(40, (age) => (age === 39 ? { markedAt: now - since } : {}));
  assert.deepEqual(decided(marked(6 * day)).of('d39'), { id: 'd39', kind: 'wait', reason: 'marked' });
  assert.deepEqual(decided(marked(7 * day)).of('d39'), { id: 'd39', kind: 'remove', reason: 'old-enough' });
});

test('what was marked and must stay after all is unmarked', () => {
  const catalogue = daily(40, (age) => (age === 39 ? { markedAt: now - 9 * day, isPinned: true } : {}));
  assert.deepEqual(decided(catalogue).of('d39'), { id: 'd39', kind: 'unmark', reason: 'pinned' });
});

test('the youngest of three ages counts, and a time that lies ahead is no age at all', () => {
  const one = (more: Partial<Backup>) => decided(daily(40, (age) => (age === 39 ? more : {}))).of('d39');
  assert.equal(one({ writtenAt: now - 3 * day })?.reason, 'younger-than-kept');
  assert.equal(one({ firstSeenAt: now - 3 * day })?.reason, 'younger-than-kept');
  assert.equal(one({ endedAt: now + day })?.reason, 'younger-than-kept');
  assert.equal(one({ writtenAt: null })?.kind, 'mark');
});

test('the newest proven one of each repository stays, however old, and two newer proven ones must be there', () => {
  const proof = { level: 5, good: true, at: now - day } as const;
  const only = [
    backup('proven', 90, { proofs: [proof] }),
    ...daily(40, () => ({ proofs: [] })).map((one) => ({ ...one })),
  ];
  assert.equal(decided(only).of('proven')?.reason, 'newest-proven');
  assert.equal(decided(only).of('d39')?.reason, 'too-few-proven-since');

  const none = daily(40, () => ({ proofs: [{ level: 2, good: true, at: now }] }));
  assert.equal(decided(none).of('d39')?.reason, 'nothing-proven');

  // A repository of its own proves nothing for the other.
  const apart = [...daily(40), backup('far', 60, { repository: 'offsite' })];
  assert.equal(decided(apart).of('far')?.reason, 'newest-proven');

  const failedLater = daily(40, (age) =>
    age < 3
      ? {}
      : {
          proofs: [
            { level: 5, good: true, at: now - age * day },
            { level: 1, good: false, at: now - day },
          ],
        },
  );
  assert.equal(decided(failedLater).of('d39')?.kind, 'mark', 'three that are proven are left');
});

test('a full goes with all that need it, and never before them', () => {
  const chain = [
    backup('full', 45),
    backup('diff', 44, { kind: 'differential', needs: ['full'], bytes: 10 }),
    backup('incr', 43, { kind: 'incremental', needs: ['full', 'diff'], bytes: 1 }),
  ];
  const plan = decided([...daily(20), ...chain]);
  assert.deepEqual(
    chain.map(({ id }) => plan.of(id)?.kind),
    ['mark', 'mark', 'mark'],
  );
  const young = [...chain.slice(0, 2), backup('incr', 3, { kind: 'incremental', needs: ['full', 'diff'] })];
  const kept = decided([...daily(20), ...young]);
  assert.equal(kept.of('full')?.reason, 'needed');
  assert.equal(kept.of('diff')?.reason, 'needed');
  const odd = decided([...daily(40), backup('lost', 50, { kind: 'incremental', needs: ['gone'] })]);
  assert.equal(odd.of('lost')?.reason, 'not-understood');
});

test('nothing is decided by a clock that jumped, until a repository bears it out', () => {
  const jumped = { clockDoubtedSince: now - 10 * day };
  assert.equal(decided(daily(40), jumped).of('d39')?.reason, 'clock-in-doubt');
  assert.equal(decided(daily(40), { lastRunAt: now - 3 * day }).of('d39')?.reason, 'clock-in-doubt');
  assert.equal(decided(daily(40), { lastRunAt: now + 1 }).of('d39')?.reason, 'clock-in-doubt');
  assert.equal(decided(daily(40), { lastRunAt: null }).of('d39')?.reason, 'clock-in-doubt');
  const borneOut = { ...jumped, witnesses: [{ from: 'offsite', at: now + 30_000 }] };
  assert.equal(decided(daily(40), borneOut).of('d39')?.kind, 'mark');
  const contradicted = { witnesses: [{ from: 'offsite', at: now - 90 * day }] };
  assert.equal(decided(daily(40), contradicted).of('d39')?.reason, 'clock-in-doubt');
});

test('while something is wrong with the newest, or a checksum failure is open, nothing of it goes', () => {
  const troubled = new Map([['db', 'the drill of 3 h ago failed']]);
  assert.equal(decided(daily(40), { troubled }).of('d39')?.reason, 'in-trouble');
  const failing = daily(40, (age) => (age === 0 ? { taken: 'failed', proofs: [] } : {}));
  assert.equal(decided(failing).of('d39')?.reason, 'in-trouble');
});

test('locked, pinned, and too much at once', () => {
  const one = (more: Partial<Backup>) => decided(daily(40, (age) => (age === 39 ? more : {}))).of('d39');
  assert.equal(one({ lockedUntil: now + 1 })?.reason, 'locked');
  assert.equal(one({ lockedUntil: now - 1 })?.kind, 'mark');
  assert.equal(one({ isPinned: true })?.reason, 'pinned');
  assert.equal(one({ bytes: 5_000 })?.reason, 'too-much-at-once');
});

test('the log is kept from the start of the oldest backup that stays', () => {
  const catalogue = daily(40, (age) => (age === 39 ? { markedAt: now - 8 * day } : {}));
  const plan = decided(catalogue);
  assert.deepEqual(plan.logsFrom, [{ of: 'db', repository: 'local', from: catalogue[38]?.logFrom }]);
  const unknown = daily(40, (age) => (age === 5 ? { taken: 'unknown', logFrom: null } : {}));
  assert.deepEqual(decided(unknown).logsFrom, [{ of: 'db', repository: 'local', from: null }]);
});
