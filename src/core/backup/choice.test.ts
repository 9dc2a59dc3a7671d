import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choiceOf } from './choice.ts';
import { exposureOf } from './exposure.ts';

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
