import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lack } from '../lack.ts';
import { choiceOf, restoredFrom } from './choice.ts';
import type { Look } from './engine.ts';
import { exposureOf } from './exposure.ts';
import { startLooking } from './looking.ts';
import { notRunWords } from './not-run.ts';
import type { BackupSettings } from './settings.ts';
import { lapsedProof, standingOf } from './standing.ts';
import { type BackupView, flawOf, madeOf, newestNotRun, type ProofView } from './view.ts';

const hour = 3_600_000;
const good = (level: Look['level']): Look => ({ level, good: true, detail: 'as it was', tookMs: 1 });
const bad = (level: Look['level'], more: Partial<Look> = {}): Look => ({
  ...{ level, good: false, detail: 'no room', tookMs: 1, ...more },
});
const proof = (at: number, ...looks: Look[]): ProofView => ({
  ...{ id: `p${at}`, backup: 'b', at, looks, restoredWith: '' },
  level: looks.filter((look) => look.good).at(-1)?.level ?? null,
  isGood: looks.every((look) => look.good),
  restoredInMs: null,
});
const whole = (at: number) => proof(at, good(0), good(1), good(2), good(3), good(4), good(5));
const notRun = (at: number) => proof(at, good(0), good(1), good(2), bad(3, { notRun: true }));
const damaged = (at: number, level: Look['level'] = 1) => proof(at, bad(level));

const backup = (startedAt: number, ...tried: ProofView[]): BackupView => {
  const last = newestNotRun(tried);
  return {
    ...{ id: `b${startedAt}`, plan: 'shop', target: 'db', engine: 'postgres.logical', repository: 'local' },
    ...{ folder: '/b', kind: 'full', needs: [], state: 'good', startedAt, endedAt: startedAt + 5, bytes: 1 },
    ...{ logFrom: null, detail: '', isPinned: false, markedAt: null, label: null, writtenAt: null },
    ...{ seenAt: null, lockedUntil: null, copyOf: null, proofs: madeOf(tried) },
    ...(last && { notRun: last }),
  };
};
const plan: BackupSettings = {
  ...{ name: 'shop', target: 'db', engine: 'postgres.logical', folder: '/b', at: '03:00', prove: 'each' },
  ...{ keepMs: 720 * hour, rpoMs: 25 * hour, rtoMs: hour, smoke: [] },
};

test('what lacks here is no word about the backup; what was seen in it is', async () => {
  const clock = { monotonic: () => 0 };
  const said = async (what: () => never) => {
    const seen = startLooking({ signal: new AbortController().signal, clock });
    assert.equal(await seen.look(3, what), false);
    return seen.looks[0]?.notRun;
  };
  const lacking = [
    new Lack('no PostgreSQL 18 server to restore into'),
    Object.assign(new Error('mkdir'), { code: 'ENOSPC' }),
    new Error('pg_restore failed (exit code 1): could not extend file "base/1": No space left on device'),
  ];
  for (const error of lacking)
    assert.equal(
      await said(() => {
        throw error;
      }),
      true,
      error.message,
    );
  assert.equal(
    await said(() => {
      throw new Error('invalid page in block 0 of relation base/1/2');
    }),
    undefined,
  );
});

test('a proof that could not be made takes nothing back: the last stands with its age, and it is told', () => {
  const one = backup(0, notRun(20 * hour), whole(hour));
  const standing = standingOf(plan, [one], 21 * hour);
  assert.deepEqual([standing.notProven, standing.proven?.at], [null, hour]);
  assert.equal(standing.notRun, 'restore drill could not run: no room (what stands was proven 20 h ago)');
  const restores = restoredFrom([one]);
  assert.deepEqual([restores?.isProven, restores?.failed, lapsedProof([one])], [true, undefined, null]);
  assert.equal(exposureOf({ keepsLog: false, log: [], restores }, 21 * hour), 21 * hour);
  const first = standingOf(plan, [backup(0, notRun(hour))], 2 * hour);
  assert.match(first.notRun ?? '', /^restore drill could not run: no room \(no restore has proven it\)$/);
  assert.equal(first.proven, null, 'and it never counts as proven');
  const early = notRunWords([backup(0, proof(hour, good(0), bad(1, { notRun: true })))], 2 * hour);
  assert.match(early ?? '', /^the last proof could not run at level 1: no room/);
});

test('it is over when one since came as far, whatever that found, of this backup or another', () => {
  const of = (...all: BackupView[]) => notRunWords(all, 5 * hour);
  assert.equal(of(backup(0, whole(3 * hour), notRun(2 * hour))), null);
  assert.equal(of(backup(0, damaged(3 * hour), notRun(2 * hour))), null);
  assert.equal(of(backup(1, whole(3 * hour)), backup(0, notRun(2 * hour))), null);
  assert.notEqual(of(backup(0, proof(3 * hour, good(0), good(1), good(2)), notRun(2 * hour))), null);
});

test('what it saw before counts, but not against what was found wrong further on', () => {
  assert.deepEqual(
    madeOf([notRun(2), whole(1)]).map(({ level, isGood }) => [level, isGood]),
    [
      [2, true],
      [5, true],
    ],
  );
  assert.equal(madeOf([notRun(2), damaged(1, 4)])[0]?.isGood, false, 'structure was wrong');
  assert.equal(madeOf([notRun(2), damaged(1, 1)])[0]?.isGood, true, 'its sums are right again');
  assert.deepEqual(madeOf([proof(2, bad(0, { notRun: true }))]), []);
});

test('a gap within what the backup needs is damage; behind it the backup stands, and elsewhere nothing of it is touched', () => {
  const gap = (kind: Look['gap']) => backup(10, proof(20, good(0), good(1), bad(2, kind && { gap: kind })));
  const lost = (...known: BackupView[]) =>
    exposureOf(
      {
        ...{ keepsLog: true, log: [{ repository: 'repo1', ageMs: 0, measuredAt: 100 }] },
        restores: restoredFrom(known),
      },
      100,
    );
  const flaws = (['within', 'behind', 'elsewhere', undefined] as const).map((kind) =>
    flawOf(gap(kind).proofs[0]),
  );
  assert.deepEqual(flaws, ['damaged', 'log', 'elsewhere', 'log']);
  assert.equal(lost(gap('within')), Number.POSITIVE_INFINITY);
  assert.equal(lost(gap('within'), backup(0, whole(7))), 95, 'an older one comes as far as the gap');
  assert.equal(lost(gap('behind')), 85);
  assert.equal(choiceOf([gap('behind'), backup(0, whole(7))])?.id, 'b10', 'it is whole itself');
  assert.equal(lost(gap('elsewhere')), 0);
});
