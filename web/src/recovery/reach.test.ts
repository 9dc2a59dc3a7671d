import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BackupView } from '../../../src/core/backup/view.ts';
import { backAt, laidDown, measuredOf, reachOf } from './reach.ts';

const hour = 3_600_000;
const backup = (startedAt: number, more: Partial<BackupView> = {}): BackupView => ({
  ...{ id: `b${startedAt}`, plan: 'shop', target: 'db', engine: 'postgres.logical', repository: 'local' },
  ...{ folder: '/b', kind: 'full', needs: [], state: 'good', startedAt, endedAt: startedAt + 60_000 },
  ...{ bytes: 100, logFrom: null, detail: '', isPinned: false, markedAt: null, label: null },
  ...{ writtenAt: null, seenAt: null, lockedUntil: null, copyOf: null, proofs: [], ...more },
});
const proof = (at: number, restoredInMs: number | null, isGood = true) => ({
  ...({
    id: `p${at}`,
    backup: 'b',
    at,
    level: 6,
    isGood,
    restoredInMs,
    restoredWith: 'PostgreSQL 15',
  } as const),
  looks: [],
});

test('the window ends with the log where one is kept, and nothing can be brought back without a whole backup', () => {
  const now = 50 * hour;
  const all = [backup(40 * hour), backup(10 * hour), backup(hour, { state: 'removed' })];
  const log = [{ repository: 'archive', ageMs: 60_000, measuredAt: now - 30_000 }];
  const restores = { backup: 'b', at: 40 * hour, wholeAt: 40 * hour, isProven: true, passedOver: null };
  const from = 10 * hour + 60_000;
  const whole = { isGapless: true, isUnknown: false };
  assert.deepEqual(reachOf({ keepsLog: true, log, restores }, all, now), {
    from,
    to: now - 90_000,
    ...whole,
  });
  assert.deepEqual(reachOf({ keepsLog: false, log: [], restores }, all, now), {
    ...{ from, to: now, isGapless: false, isUnknown: false },
  });
  assert.deepEqual(
    reachOf({ keepsLog: true, log: [], restores }, all, now),
    { from, to: 40 * hour + 60_000, isGapless: false, isUnknown: true },
    'no further than is known',
  );
  assert.equal(
    reachOf(
      { keepsLog: true, log, restores },
      [backup(1, { state: 'failed' }), backup(2, { copyOf: 'x' })],
      now,
    ),
    null,
  );
});

test('a moment is reached from the newest backup that was whole by then', () => {
  const all = [backup(40 * hour), backup(10 * hour), backup(20 * hour, { state: 'missing' })];
  assert.equal(backAt(all, 30 * hour)?.startedAt, 10 * hour);
  assert.equal(backAt(all, 40 * hour + 30_000)?.startedAt, 10 * hour, 'not whole yet');
  assert.equal(backAt(all, hour), null);
  const damaged = backup(20 * hour, { proofs: [proof(21 * hour, null, false)] });
  assert.equal(backAt([...all, damaged], 30 * hour)?.startedAt, 10 * hour, 'as the restore itself takes');
});

test('what restores took is told oldest first; without a log a day between two backups could have been lost', () => {
  const looked = { ...proof(41 * hour, 4_000), looks: [] };
  const all = [
    backup(34 * hour, { proofs: [looked, proof(35 * hour, null), proof(36 * hour, 9_000, false)] }),
    backup(10 * hour, { proofs: [proof(11 * hour, 2_000)] }),
  ];
  assert.deepEqual(measuredOf(all), [
    { at: 11 * hour, rtoMs: 2_000, rpoMs: null },
    { at: 41 * hour, rtoMs: 4_000, rpoMs: 24 * hour },
  ]);
});

test('bytes grow with each backup that is still there, copies elsewhere apart', () => {
  const all = [backup(3), backup(1), backup(2, { state: 'removed' }), backup(4, { copyOf: 'b3', bytes: 7 })];
  assert.deepEqual(laidDown(all, false), { at: [1, 3], bytes: [100, 200] });
  assert.deepEqual(laidDown(all, true), { at: [4], bytes: [7] });
});

test('a backup by a clock that was ahead is restored only where there is no other, and opens no window', () => {
  const now = 50 * hour;
  const ahead = backup(90 * hour, { endedAt: 49 * hour, isAhead: true, proofs: [proof(49 * hour, 1_000)] });
  const dated = backup(40 * hour);
  assert.equal(backAt([ahead, dated], now)?.id, dated.id);
  assert.equal(backAt([ahead], now)?.id, ahead.id);
  const plan = { keepsLog: false, log: [], restores: null };
  assert.equal(reachOf(plan, [ahead], now), null);
  assert.equal(reachOf(plan, [ahead, dated], now)?.from, 40 * hour + 60_000);
  assert.deepEqual(measuredOf([ahead, dated]), []);
});
