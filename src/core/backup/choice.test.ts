import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choiceOf, passedOver, restoredFrom } from './choice.ts';
import { exposureOf } from './exposure.ts';
import { lapsedProof } from './standing.ts';
import type { BackupView } from './view.ts';

const one = (id: string, at: number, isGood: boolean | null, more: object = {}) => ({
  ...{ id, state: 'good' as const, repository: 'local', startedAt: at, endedAt: at + 5 },
  proofs:
    isGood === null
      ? []
      : [{ ...{ id, backup: id, at, level: null, looks: [] }, isGood, restoredInMs: null, restoredWith: '' }],
  ...more,
});

test('a restore takes the newest that failed no look, out of the repository that is meant', () => {
  const known = [
    one('taking', 60, null, { state: 'taking' }),
    one('copy', 50, true, { repository: 'offsite' }),
    one('damaged', 40, false),
    one('fresh', 30, null),
    one('proven', 20, true),
  ];
  assert.equal(choiceOf(known)?.id, 'fresh');
  assert.equal(choiceOf(known, { until: 34 })?.id, 'proven', 'the other was not whole by then');
  assert.equal(choiceOf(known, { until: 24 }), null);
  assert.equal(choiceOf(known, { from: 'offsite' })?.id, 'copy');
  assert.equal(
    choiceOf([one('damaged', 40, false)])?.id,
    'damaged',
    'better than nothing, and told with its doubt',
  );
});

test('a newer one that failed its last look is named, with what is whole elsewhere and newer', () => {
  const failed = (id: string, at: number, more: object = {}) => ({
    ...one(id, at, false, { copyOf: null, ...more }),
    proofs: [{ at, isGood: false, looks: [{ level: 1, good: false, detail: 'a flipped byte', tookMs: 1 }] }],
  });
  const known = [
    failed('damaged', 40),
    one('copy', 40, true, { repository: 'offsite', copyOf: 'damaged' }),
    one('older', 20, true, { copyOf: null }),
  ] as unknown as BackupView[];
  const seen = (of: readonly BackupView[], wanted: object = {}) => {
    const taken = choiceOf(of, wanted);
    const over = taken && passedOver(of, wanted, taken);
    return over && [over.backup.id, over.why, over.elsewhere?.id];
  };
  assert.deepEqual(seen(known), ['damaged', 'level 1: a flipped byte', 'copy']);
  assert.deepEqual(seen(known, { until: 47 }), ['damaged', 'level 1: a flipped byte', 'copy']);
  assert.equal(seen(known, { until: 30 }), null, 'it was not whole by then');
  assert.equal(seen(known.slice(1)), null);
  const away = [
    one('local', 40, true, { copyOf: null }),
    failed('copy', 40, { repository: 'offsite', copyOf: 'local' }),
    one('older copy', 20, true, { repository: 'offsite', copyOf: 'older' }),
  ] as unknown as BackupView[];
  assert.deepEqual(seen(away, { from: 'offsite' }), ['copy', 'level 1: a flipped byte', 'local']);
});

test('what would be lost is by the log that a restore replays, else by the backup that it takes; unknown is never ok', () => {
  const restores = { backup: 'a', at: 400, wholeAt: 500, isProven: true, passedOver: null };
  const log = (repository: string, ageMs: number, more: object = {}) => ({
    repository,
    ageMs,
    measuredAt: 990,
    ...more,
  });
  const lost = (given: Partial<Parameters<typeof exposureOf>[0]>) =>
    exposureOf({ keepsLog: true, log: [], restores, ...given }, 1_000);
  assert.equal(lost({ keepsLog: false }), 600);
  assert.equal(lost({ keepsLog: false, restores: null }), null);
  assert.equal(lost({}), null, 'how far the log goes is not known');
  assert.equal(lost({ log: [log('repo1', 50_000)] }), 500, 'the backup itself is there whatever hangs');
  assert.equal(lost({ log: [log('repo1', 50), log('repo2', 5, { isFurther: true })] }), 60);
  assert.equal(
    lost({ log: [log('repo2', 5, { isFurther: true })] }),
    null,
    'a restore does not take it from there',
  );
  assert.equal(lost({ log: [log('repo1', 50)], restores: null }), null, 'a log alone restores nothing');
});

/** Newest look first: its moment, and the level that it failed at; null where it was good. */
const looked = (startedAt: number, ...looks: readonly (readonly [at: number, failedAt: number | null])[]) =>
  ({
    ...{
      id: `b${startedAt}`,
      state: 'good',
      repository: 'local',
      startedAt,
      endedAt: startedAt + 5,
      copyOf: null,
    },
    proofs: looks.map(([at, failedAt]) => ({
      ...{ at, isGood: failedAt === null, level: failedAt === null ? 6 : null, restoredInMs: 70 },
      looks: [{ level: failedAt ?? 6, good: failedAt === null, detail: 'what was seen', tookMs: 1 }],
    })),
  }) as unknown as BackupView;

test('what failed its last look counts for nothing: then it is the copy elsewhere that was whole, else everything', () => {
  const lost = (known: readonly BackupView[], soundAt: number | null = null) =>
    exposureOf({ keepsLog: false, log: [], restores: restoredFrom(known), offsite: { soundAt } }, 1_000);
  const damaged = looked(400, [600, 1], [500, null]);
  assert.equal(restoredFrom([damaged])?.failed, 'level 1: what was seen');
  assert.equal(lost([damaged]), Number.POSITIVE_INFINITY);
  assert.equal(lost([damaged], 300), 700);
  assert.equal(lost([damaged, looked(200, [250, null])]), 800, 'an older one that is sound');
  assert.equal(lost([damaged, looked(200, [250, null])], 400), 600, 'its copy elsewhere is whole and newer');
  assert.equal(lost([damaged, looked(200, [250, null])], 100), 800, 'a copy that is older counts not');
  assert.equal(lost([looked(400, [600, 6])]), 600, 'it was restored, and only a smoke query says no');
  assert.equal(lost([looked(700), damaged]), 300, 'one that nobody looked at is not known to be bad');
});

test('behind a gap in the log nothing counts, and the backup before it still does', () => {
  const log = [{ repository: 'archive', ageMs: 0, measuredAt: 1_000 }];
  const lost = (known: readonly BackupView[]) =>
    exposureOf({ keepsLog: true, log, restores: restoredFrom(known) }, 1_000);
  const gap = looked(400, [600, 2], [500, null]);
  assert.equal(lost([gap]), 595);
  assert.equal(lost([gap, looked(200, [250, null])]), 795, 'that of an older one ends at the same gap');
  assert.equal(lost([looked(700), gap]), 0, 'one from after the gap needs nothing before it');
  const [proof] = gap.proofs;
  const behind = { level: 2, good: false, detail: '', tookMs: 1, gap: 'behind', soundUntil: 550 } as const;
  const until = { ...gap, proofs: [{ ...proof, looks: [behind] }] } as unknown as BackupView;
  assert.equal(lost([until]), 450, 'the log before the gap counts where heartbeats tell how far it goes');
});

test('a proof that a later look took back is told with both moments, never as if there had been none', () => {
  assert.deepEqual(lapsedProof([looked(400, [700, 1], [600, 1], [500, null])]), {
    ...{ at: 500, level: 6, restoredInMs: 70, redSince: 600, why: 'level 1: what was seen' },
  });
  assert.equal(lapsedProof([looked(400, [600, 1])]), null, 'never proven');
  assert.equal(
    lapsedProof([looked(400, [600, 1], [500, null]), looked(300, [450, null])]),
    null,
    'one stands',
  );
});
