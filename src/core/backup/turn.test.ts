import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { begun, type Candidate, newlyOwed, nextDrill, nextTurn, type Owed, type Step } from './turn.ts';
import type { BackupView, ProofView } from './view.ts';

const hour = 3_600_000;
const day = 24 * hour;
const proof = (at: number, isGood = true): ProofView => ({
  ...{ id: 'p', backup: 'b', at, level: 5, isGood, restoredInMs: 1, restoredWith: '' },
  looks: [{ level: 3, good: isGood, detail: '', tookMs: 1 }],
});
const good = (id: string, startedAt: number, proofs: readonly ProofView[] = []): BackupView => ({
  ...{ id, plan: 'shop', target: 'db', engine: 'e', repository: 'local', startedAt, folder: '/x' },
  ...{ state: 'good', kind: 'full', needs: [], endedAt: startedAt + 1, bytes: 1, logFrom: null, detail: '' },
  ...{ isPinned: false, proofs, markedAt: null, label: null, writtenAt: null, seenAt: null },
  ...{ lockedUntil: null, copyOf: null },
});
const candidate = (plan: string, owed: Owed, known: readonly BackupView[] = []): Candidate => ({
  ...{ plan, owed, known, proveEveryMs: 0, isBusy: false },
});
const now = 100 * day;
const due = newlyOwed(now - hour);

test('the plan whose last good backup is the oldest comes first, before it one that has none; not by name', () => {
  const old = candidate('z', due, [good('1', now - 3 * day, [proof(now - 3 * day)])]);
  const young = candidate('a', due, [good('2', now - day, [proof(now - day)])]);
  assert.deepEqual(nextTurn([young, old], now).next, { plan: 'z', kind: 'take', reason: 'waited-longest' });
  const none = candidate('n', due);
  assert.deepEqual(nextTurn([young, old, none], now).next, {
    ...{ plan: 'n', kind: 'take', reason: 'never-taken' },
  });
  assert.equal(nextTurn([{ ...none, isBusy: true }], now).next, null);
  assert.deepEqual(nextTurn([{ ...none, isBusy: true }], now).busy, ['n']);
});

test('a proof that was cut off comes before the next copy, unless it had a whole run or its backup is old', () => {
  const owed: Owed = { ...due, since: now - day - hour, tries: 1, triedAt: now - day };
  const one = candidate('shop', owed, [good('1', now - day)]);
  const prove = { plan: 'shop', kind: 'prove', backup: '1', reason: 'proof-cut-off' };
  assert.deepEqual(nextTurn([one], now).next, prove);
  const hadAll = { ...owed, first: { at: now - hour, proofOf: '1' } };
  assert.equal(nextTurn([{ ...one, owed: hadAll }], now).next?.kind, 'take');
  const old = candidate('shop', { ...owed, since: 0 }, [good('1', now - 8 * day)]);
  assert.equal(nextTurn([old], now).next?.kind, 'take');
  const weekly = { ...one, proveEveryMs: 7 * day };
  const known = [good('2', now - day), good('1', now - 2 * day, [proof(now - 2 * day)])];
  assert.equal(nextTurn([{ ...weekly, known }], now).next?.kind, 'take', 'no proof is due');
  assert.deepEqual(nextTurn([weekly], now).next, prove);
});

test('nothing is owed once a backup was taken since and its proof came to an end, whatever that found', () => {
  for (const isGood of [true, false])
    assert.deepEqual(nextTurn([candidate('shop', due, [good('1', now, [proof(now, isGood)])])], now).over, [
      'shop',
    ]);
  const notRun = { ...good('1', now), notRun: proof(now, false) };
  assert.deepEqual(nextTurn([candidate('shop', due, [notRun])], now).over, ['shop']);
});

test('what was cut off three times waits an hour, then two, then four; a clock that was set back makes it wait no more', () => {
  const until = (tries: number) =>
    nextTurn([candidate('shop', { ...due, tries, triedAt: now })], now).paused[0]?.until;
  assert.deepEqual([1, 2, 3, 4, 5, 50].map(until), [
    undefined,
    undefined,
    now + hour,
    now + 2 * hour,
    now + 4 * hour,
    now + 4 * hour,
  ]);
  const paused = candidate('shop', { ...due, tries: 3, triedAt: now });
  assert.equal(nextTurn([paused], now + hour).next?.kind, 'take');
  assert.equal(nextTurn([paused], now - 1).next?.kind, 'take');
});

test('a drill waits while its plan is busy, and lets others go first each time it was cut off', () => {
  const drill = (plan: string, tries: number, isBusy = false) => ({
    ...{ plan, owed: { dueAt: now - hour, tries, triedAt: now - 1, isTold: false }, isBusy },
  });
  const all = [drill('a', 1), drill('b', 0, true), drill('c', 0), drill('d', 3)];
  assert.deepEqual(nextDrill(all, now), {
    next: { plan: 'c', reason: 'fewest-tries' },
    paused: [{ plan: 'd', tries: 3, until: now - 1 + hour }],
    busy: ['b'],
  });
  assert.deepEqual(nextDrill([drill('b', 0, true)], now).next, null);
  assert.equal(nextDrill([drill('d', 3)], now + hour).next?.plan, 'd');
});

interface Plan {
  readonly takes: number;
  readonly proves: number;
}

/** Days of one start each, with so much time; what a plan had been given in the end. */
function live(plans: readonly Plan[], lifeMs: number, days: number) {
  const owed = new Map<number, Owed>();
  const taken: BackupView[][] = plans.map(() => []);
  for (let today = 1; today <= days; today += 1) {
    const start = today * day;
    const end = start + lifeMs;
    for (const at of plans.keys()) {
      const before = owed.get(at);
      owed.set(at, before ? { ...before, dueAt: start } : newlyOwed(start));
    }
    for (let [at, isFirst] = [start, true]; ; isFirst = false) {
      const candidates = [...owed].map(([index, state]) => candidate(`${index}`, state, taken[index]));
      const { next, over } = nextTurn(candidates, at);
      for (const plan of over) owed.delete(Number(plan));
      if (next === null) break;
      const index = Number(next.plan);
      const state = owed.get(index) ?? assert.fail();
      owed.set(index, begun(state, next, at, isFirst));
      at = carryOut(next, at, { ...(plans[index] ?? assert.fail()), mine: taken[index] ?? [], end });
      if (at >= end) break;
      if (next.kind === 'take') owed.delete(index);
      else owed.set(index, newlyOwed(state.dueAt));
    }
  }
  return taken;
}

function carryOut(
  step: Step,
  at: number,
  { takes, proves, mine, end }: Plan & { readonly mine: BackupView[]; readonly end: number },
): number {
  const takenAt = step.kind === 'take' ? at + takes : at;
  if (takenAt >= end) return end;
  if (step.kind === 'take') mine.unshift(good(`${at}`, at));
  const provenAt = takenAt + proves;
  const [newest] = mine;
  if (provenAt >= end || newest === undefined) return end;
  mine[0] = { ...newest, proofs: [proof(provenAt)] };
  return provenAt;
}

test('one short run a day: each of three plans whose backup and whose proof fit into one gets both, again and again', () => {
  const plan = fc.record({ takes: fc.integer({ min: 1, max: 14 }), proves: fc.integer({ min: 1, max: 14 }) });
  fc.assert(
    fc.property(fc.array(plan, { minLength: 1, maxLength: 3 }), (plans) => {
      const life = 10;
      const days = 90;
      // Each comes first in its turn: with a copy, with a proof that is too long for what is left, and once behind those that end.
      const window = 4 * plans.length + 4;
      const taken = live(plans, life, days);
      for (const [index, { takes, proves }] of plans.entries()) {
        const mine = taken[index] ?? [];
        if (takes >= life) continue;
        const late = mine.filter(({ startedAt }) => startedAt > (days - window) * day);
        assert.ok(late.length > 0, `plan ${index} has no backup of the last ${window} days`);
        if (proves >= life) continue;
        const proven = mine.filter(({ proofs }) => (proofs[0]?.at ?? 0) > (days - window) * day);
        assert.ok(proven.length > 0, `plan ${index} has no proof of the last ${window} days`);
      }
    }),
    { numRuns: 2_000 },
  );
});
