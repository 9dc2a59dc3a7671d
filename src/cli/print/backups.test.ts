import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BackupView, OffsiteView, PlanView } from '../../core/backup/view.ts';
import { backupForms } from './backups.ts';

const terminal = { out() {}, err() {}, colour: false, unicode: true } as unknown as Parameters<
  (typeof backupForms)['backup.list']
>[0];
const now = 10_000_000;
const why = 'level 1: toc.dat has another checksum';
const offsite: OffsiteView = {
  ...{ bucket: 's3://acme', every: 'weekly', newestAt: now - 900_000, newestIs: 'read-back' },
  ...{ soundAt: now - 900_000, lockedUntil: null, proven: null },
};
const plan: PlanView = {
  ...{ name: 'shop', target: 'db', engine: 'postgres.logical', folder: '/b', at: '03:00', underWay: null },
  ...{ objectives: { rpoMs: 300_000, rtoMs: 60_000, keepMs: 1 }, newestAt: now - 600_000, keepsLog: false },
  restores: {
    ...{
      backup: 'b',
      at: now - 600_000,
      wholeAt: now - 590_000,
      isProven: false,
      passedOver: null,
      failed: why,
    },
  },
  ...{ into: ['database', 'over'], proven: null, log: [], offsite: null, wrong: [] },
  lapsed: { at: now - 500_000, level: 6, restoredInMs: 70, redSince: now - 60_000, why },
};
const printed = (more: Partial<PlanView> = {}, backups: readonly BackupView[] = []) =>
  backupForms['backup.list'](terminal, { plans: [{ ...plan, ...more }], backups, foreign: [] }, now);

const whole: BackupView = {
  ...{ id: 'b', plan: 'shop', target: 'db', engine: 'postgres.logical', repository: 'local', folder: '/b' },
  ...{
    kind: 'full',
    needs: [],
    state: 'good',
    startedAt: 0,
    endedAt: 1,
    bytes: 5,
    logFrom: null,
    detail: '',
  },
  ...{ isPinned: false, markedAt: null, label: null, writtenAt: null, seenAt: null, lockedUntil: null },
  ...{ copyOf: null, proofs: [] },
};

test('a backup that failed its last look is damaged, its proof is told as taken back, and all would be lost', () => {
  const text = printed();
  assert.match(text, /last proven 8 m 20 s ago, level 6; red since 1 m ago: level 1: toc\.dat has another/);
  assert.match(
    text,
    /no backup here can be counted on: .* failed at level 1: .*: everything would be lost now/,
  );
  assert.doesNotMatch(text, /never proven|not proven yet/);
  const look = { level: 1, good: false, detail: 'toc.dat has another checksum', tookMs: 1 } as const;
  const proof = { id: 'p', backup: 'b', at: now, level: null, isGood: false, looks: [look] } as const;
  const backup = { ...whole, proofs: [{ ...proof, restoredInMs: null, restoredWith: '' }] };
  assert.match(printed({}, [backup]), /shop {2}damaged {2}5 B stored/);
});

test('a restore says what was reached and what was asked for, a copy that was there that nothing was sent', () => {
  const restored = {
    ...{
      backup: 'b',
      plan: 'shop',
      reached: 54_000,
      asked: 57_000,
      tookMs: 1_000,
      with: '',
      at: '/srv',
      left: [],
    },
  };
  const text = backupForms['backup.restore'](terminal, { kind: 'restored', restored }, now);
  assert.match(text, /restored to 1970-01-01 00:00:54, the last commit before 1970-01-01 00:00:57 in 1 s/);
  const exact = { ...restored, asked: null };
  assert.doesNotMatch(
    backupForms['backup.restore'](terminal, { kind: 'restored', restored: exact }, now),
    /last commit/,
  );
  const short = { ...restored, asked: null, short: 'it ended at 0/3000028: a file cannot be read' };
  assert.match(
    backupForms['backup.restore'](terminal, { kind: 'restored', restored: short }, now),
    /^✗ .*\n {2}not all of it came back: it ended at 0\/3000028: a file cannot be read/,
  );
  const copy = { ...whole, copyOf: 'x', wasThere: true } as const;
  assert.match(backupForms['backup.copy'](terminal, copy), /^copied before, and good: nothing was sent\n/);
});

test('a plan says what would be, a run what is; what holds everything back is said once', () => {
  const doubt = 'the clock is in doubt: it jumped';
  const held = { reason: 'clock-in-doubt', why: doubt, until: null } as const;
  const decision = {
    ...{ plan: 'shop', repository: 'local', startedAt: 0, bytes: 5, markedAt: null, why: doubt },
    ...({ kind: 'keep', reason: 'clock-in-doubt' } as const),
  };
  const week = { ...held, why: `${doubt}; its week begins anew when it is marked again` };
  const young = { reason: 'younger-than-kept', why: 'it is younger', until: null } as const;
  const view = {
    ...{ plan: 'shop', held: [doubt], preview: null, log: null },
    decisions: [
      { ...decision, id: 'a', holds: [held] },
      { ...decision, id: 'b', holds: [held, young] },
      { ...decision, id: 'c', kind: 'unmark' as const, holds: [week] },
      { ...decision, id: 'd', kind: 'mark' as const, reason: 'old-enough' as const, holds: [] },
    ],
  };
  const before = backupForms['backup.plan-deletion'](terminal, [view]);
  assert.equal(before.split(doubt).length, 2, 'once');
  assert.match(before, /stays \(see above\)\n/);
  assert.match(before, /stays:\n {6}it is younger\n/);
  assert.match(before, /would be unmarked:\n {6}its week begins anew when it is marked again/);
  assert.match(before, /would be marked/);
  const after = backupForms['backup.expire'](terminal, { deletions: [view], proposals: [] });
  assert.match(after, /is unmarked:/);
  assert.doesNotMatch(after, /would be/);
});

test('backups in a row that stay for the same reasons are one line; what goes stands for itself', () => {
  const day = 86_400_000;
  const one = (index: number) => ({
    ...{ id: `b${index}`, plan: 'shop', repository: 'local', startedAt: index * day, bytes: 1024 },
    ...({ kind: 'keep', reason: 'younger-than-kept', markedAt: null, why: 'it is younger' } as const),
    holds: [{ reason: 'younger-than-kept', why: 'it is younger', until: (30 + index) * day } as const],
  });
  const go = (index: number) => ({ ...one(index), kind: 'remove', reason: 'old-enough', holds: [] }) as const;
  const decisions = [go(1), go(2), go(3), go(4), one(5), one(6), one(7), one(8)];
  const view = { plan: 'shop', held: [], preview: null, log: null, decisions };
  const lines = backupForms['backup.plan-deletion'](terminal, [view]).split('\n');
  assert.equal(lines.filter((line) => line.includes('would go')).length, 5, lines.join('\n'));
  assert.match(lines.at(-2) ?? '', /^ {2}4 backups .*1970-01-06.* to .*1970-01-09.* 4 KiB stored {2}stay:$/);
  assert.match(
    lines.at(-1) ?? '',
    /it is younger: the first until .*1970-02-05.*, the last until .*1970-02-08/,
  );
  const few = { ...view, decisions: [one(5), one(6), one(7)] };
  assert.match(backupForms['backup.plan-deletion'](terminal, [few]), /b5 .*\n.*\n {2}b6 /);
});

test('a proof that could not be made damages nothing, and says why', () => {
  const look = { level: 3, good: false, notRun: true, detail: 'no room', tookMs: 1 } as const;
  const proof = { ...{ id: 'p', backup: 'b', at: now, level: null, isGood: false, looks: [look] } };
  const notRun = { ...proof, restoredInMs: null, restoredWith: '' };
  const text = printed({}, [{ ...whole, notRun }]);
  assert.match(text, /shop {2}good .*\n.* not proven, because level 3 could not be looked at: no room/);
  assert.match(backupForms['backup.verify'](terminal, notRun), /\n {2}\? level 3/);
});

test('a look that came less far hides no restore that stands', () => {
  const of = (level: 2 | 5, at: number) => ({
    ...{ id: `p${level}`, backup: 'b', at, level, isGood: true, restoredWith: '' },
    ...{ restoredInMs: level === 5 ? 70 : null },
    looks: [{ level, good: true, detail: '', tookMs: 1 }],
  });
  const text = printed({}, [{ ...whole, proofs: [of(2, now), of(5, now - 60_000)] }]);
  assert.match(text, /to level 5 .*restored in/);
  assert.doesNotMatch(text, /not restored/);
});

test('the copy elsewhere that was whole is named with its command', () => {
  assert.match(
    printed({ offsite }),
    /the copy off-site of 15 m ago is whole \(upkeep backup restore shop --from offsite --into database:shop_restored\): 15 m would be lost now/,
  );
});

test('what a log brings back is told by the same figure as what would be lost', () => {
  const restores = { ...plan.restores, isProven: true, passedOver: null } as NonNullable<
    PlanView['restores']
  >;
  const { failed: _failed, ...sound } = restores;
  const log = [{ repository: 'repo1', ageMs: 0, measuredAt: now - 22_600 }];
  const text = printed({ keepsLog: true, log, restores: sound });
  assert.match(text, /: 22\.6 s would be lost now\n +log in repo1: brings back all until 22\.6 s ago/);
});

test('with a gap in the log nothing is said to be lost by the log', () => {
  const restores = { ...plan.restores, isProven: true, hasLogGap: true } as NonNullable<PlanView['restores']>;
  const { failed: _failed, ...sound } = restores;
  const log = [{ repository: 'archive', ageMs: 0, measuredAt: now }];
  const text = printed({ keepsLog: true, log, restores: sound });
  assert.match(text, /9 m 50 s would be lost now/);
  assert.match(text, /log: it has a gap, and nothing behind that can be replayed/);
  assert.doesNotMatch(text, /brings back all/);
});
