import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Backup } from './catalogue.ts';
import { createHolds } from './holds.ts';
import { defaultRetention, planDeletion, type RetentionFacts } from './retention.ts';

const day = 86_400_000;
const now = 1_000 * day;
const facts: RetentionFacts = {
  ...{ now, lastRunAt: now - day, clockDoubtedSince: null, witnesses: [], troubled: new Map() },
};

function backup(id: string, ageDays: number, more: Partial<Backup> = {}): Backup {
  const at = now - ageDays * day;
  return {
    ...{ id, of: 'shop', repository: 'local', kind: 'full', needs: [], startedAt: at, endedAt: at, bytes: 1 },
    ...{ logFrom: null, isPinned: false, markedAt: null, writtenAt: at, firstSeenAt: at, lockedUntil: null },
    ...{ taken: 'good', proofs: [{ level: 3, good: true, at }] },
    ...more,
  };
}

function reasons(catalogue: readonly Backup[], given: RetentionFacts = facts) {
  const { decisions } = planDeletion(catalogue, defaultRetention, given);
  const grounds = { ...given, retention: defaultRetention, catalogue, decisions };
  const holdsOf = createHolds(grounds);
  return new Map(
    decisions.map((decision) => {
      const one = catalogue.find(({ id }) => id === decision.id) ?? assert.fail();
      const holds = holdsOf(one, decision);
      assert.ok(
        holds.some(({ reason }) => reason === decision.reason),
        decision.reason,
      );
      return [decision.id, holds] as const;
    }),
  );
}
const words = (holds: ReturnType<typeof reasons>, id: string) =>
  holds.get(id)?.map(({ reason, until }) => (until === null ? reason : `${reason} +${(until - now) / day}d`));

test('every reason stands there, with when it ends by itself', () => {
  const locked = { isPinned: true, lockedUntil: now + 5 * day };
  const found = reasons([backup('old', 40, { bytes: 0 }), backup('held', 10, locked), backup('new', 1)]);
  assert.deepEqual(words(found, 'new'), ['younger-than-kept +29d', 'newest-proven']);
  assert.deepEqual(words(found, 'held'), [
    ...['pinned', 'locked +5d', 'younger-than-kept +20d', 'too-few-proven-since'],
  ]);
  assert.deepEqual(words(found, 'old'), ['old-enough']);
  assert.equal(found.get('held')?.at(-1)?.why, '1 of 2 newer ones are proven by a restore');
});

test('a first look says what confirms the clock; who needs a backup is named; a week of waiting has its end', () => {
  const first = reasons([backup('only', 40)], { ...facts, lastRunAt: null });
  assert.deepEqual(words(first, 'only'), ['clock-in-doubt', 'newest-proven']);
  assert.match(first.get('only')?.[0]?.why ?? '', /first look.*upkeep backup trust-clock/);
  const other = { ...facts, witnesses: [{ from: 's3.example.org', at: now + day }] };
  assert.match(
    reasons([backup('only', 40)], other).get('only')?.[0]?.why ?? '',
    /s3\.example\.org says another time/,
  );
  const chain = [backup('full', 60), backup('diff', 5, { kind: 'differential', needs: ['full'] })];
  const found = reasons([...chain, backup('a', 2), backup('b', 1)]);
  assert.deepEqual(words(found, 'full'), ['needed']);
  assert.equal(found.get('full')?.[0]?.why, 'diff cannot be restored without it');
  const marked = backup('old', 60, { markedAt: now - 2 * day });
  assert.deepEqual(words(reasons([marked, backup('a', 2), backup('b', 1)]), 'old'), ['marked +5d']);
});

test('a large catalogue is grouped once: thousands of backups take no time', () => {
  const many = Array.from({ length: 5_000 }, (_, index) => backup(`b${index}`, index / 5));
  const { decisions } = planDeletion(many, defaultRetention, facts);
  const byId = new Map(many.map((one) => [one.id, one]));
  const from = performance.now();
  const holdsOf = createHolds({ ...facts, retention: defaultRetention, catalogue: many, decisions });
  const held = decisions.flatMap((decision) => holdsOf(byId.get(decision.id) ?? assert.fail(), decision));
  const took = performance.now() - from;
  assert.ok(held.length >= decisions.length);
  assert.ok(took < 2_000, `${Math.round(took)} ms`);
});
