import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCopyDue, isRestoreDue, offsiteStandingOf } from './offsite-standing.ts';
import { type BackupSettings, usualBackup, usualOffsite } from './settings.ts';
import { standingOf } from './standing.ts';
import type { BackupView, ProofView } from './view.ts';

const dayMs = 86_400_000;
const pair = { accessKey: 'a', secretKey: 's' };
const offsite = {
  ...{ bucket: 'acme', endpoint: null, passphrase: 'p', writer: pair, deleter: null, lockMs: null },
  ...usualOffsite,
};
const plan: BackupSettings = {
  ...{ name: 'shop', target: 'db', engine: 'e', folder: '/b', smoke: [], offsite },
  ...usualBackup,
};

function view(id: string, startedAt: number, more: Partial<BackupView> = {}): BackupView {
  return {
    ...{
      id,
      startedAt,
      plan: 'shop',
      target: 'db',
      engine: 'e',
      repository: 'local',
      folder: '/x',
      state: 'good',
    },
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
    ...more,
  };
}

function proof(level: ProofView['level'], isGood = true, at = 0): ProofView {
  const looks = [{ level: level ?? 0, good: isGood, detail: 'as it was', tookMs: 1 }];
  return { id: 'p', backup: 'b', at, level, isGood, looks, restoredInMs: null, restoredWith: '' };
}

const copy = (id: string, at: number, more: Partial<BackupView> = {}) =>
  view(id, at, { copyOf: 'source', repository: 'offsite', proofs: [proof(1)], ...more });

test('a copy that fails or is damaged turns the copies red, and the backups here stay as they are', () => {
  const here = view('here', 9 * dayMs, { proofs: [proof(6, true, 9 * dayMs)] });
  const failed = copy('failed', 9 * dayMs, { state: 'failed', detail: 'AccessDenied', proofs: [] });
  const known = [failed, here, copy('old', 8 * dayMs, { proofs: [proof(1, false)] })];
  const standing = offsiteStandingOf(plan, known, 9 * dayMs, null);
  assert.equal(standing.failed, 'the last copy failed: AccessDenied');
  assert.equal(standing.notProven, 'a copy failed at level 1: as it was');
  const own = standingOf(plan, known, 9 * dayMs);
  assert.deepEqual([own.newest?.id, own.failed, own.notProven], ['here', null, null]);
  const away = offsiteStandingOf(plan, [copy('c', 9 * dayMs)], 9 * dayMs, 'ECONNREFUSED');
  assert.equal(away.failed, 'the copies elsewhere are out of reach: ECONNREFUSED');
});

test('which copy is whole is told by its own last look, and which is the newest that is', () => {
  const of = (proofs: ProofView[]) => {
    const { newestIs, sound } = offsiteStandingOf(
      plan,
      [copy('new', 9 * dayMs, { proofs }), copy('old', 2 * dayMs)],
      9 * dayMs,
      null,
    );
    return [newestIs, sound?.id];
  };
  assert.deepEqual(of([]), ['unread', 'old']);
  assert.deepEqual(of([proof(1)]), ['read-back', 'new']);
  assert.deepEqual(of([proof(1, true, 2), proof(5, true, 1)]), ['restored', 'new']);
  assert.deepEqual(of([proof(1, false, 2), proof(5, true, 1)]), ['damaged', 'old']);
  assert.equal(offsiteStandingOf(plan, [], 0, null).sound, null);
});

test('late is what is older than the span, a day for the backup itself and what may be lost; a first copy has its time too', () => {
  const late = (known: BackupView[], now: number) => offsiteStandingOf(plan, known, now, null).late;
  assert.equal(late([copy('c', 0)], 9 * dayMs), null);
  assert.match(
    late([copy('c', 0)], 10 * dayMs) ?? '',
    /^the newest copy is of a backup 10 d ago; one is made weekly/,
  );
  assert.equal(late([view('v', 0)], 8 * dayMs), null);
  assert.equal(late([view('v', 0)], 9 * dayMs), 'no backup was ever copied');
  assert.equal(late([], 9 * dayMs), null);
});

test('a lock that the server does not keep, or keeps shorter, is said; where none is asked for none is missed', () => {
  const locked = { ...plan, offsite: { ...offsite, lockMs: 30 * dayMs } };
  const said = (lockedUntil: number | null) =>
    offsiteStandingOf(locked, [copy('c', 0, { lockedUntil })], dayMs, null).notLocked;
  assert.match(said(null) ?? '', /keeps none/);
  assert.match(said(20 * dayMs) ?? '', /locked 9 d less than lock: says/);
  assert.equal(said(30 * dayMs), null);
  assert.equal(offsiteStandingOf(plan, [copy('c', 0)], dayMs, null).notLocked, null);
});

test('a copy is due after its span, counted from the last good one; the fourth after a restore is restored', () => {
  assert.equal(isCopyDue(plan, [view('v', 0)], 0), true);
  assert.equal(isCopyDue(plan, [copy('c', 0)], 6 * dayMs), false);
  assert.equal(isCopyDue(plan, [copy('c', 0)], 6.5 * dayMs), true);
  assert.equal(isCopyDue(plan, [copy('x', 6 * dayMs, { state: 'failed' }), copy('c', 0)], 6.5 * dayMs), true);
  const { offsite: _none, ...without } = plan;
  assert.equal(isCopyDue(without, [view('v', 0)], 0), false);
  const restored = copy('r', 0, { proofs: [proof(5)] });
  const later = ['1', '2', '3', '4'].map((id, index) => copy(id, (index + 1) * dayMs));
  assert.equal(isRestoreDue([copy('first', 0)]), true);
  assert.equal(isRestoreDue([...later.slice(0, 3), restored]), false);
  assert.equal(isRestoreDue([...later, restored]), true);
});
