import assert from 'node:assert/strict';
import { test } from 'node:test';
import { believed, datedFirst } from './ahead.ts';
import { choiceOf, restoredFrom } from './choice.ts';
import { exposureOf } from './exposure.ts';
import type { BackupSettings } from './settings.ts';
import { isDue, standingOf } from './standing.ts';
import { type BackupView, type ProofView, provenRestoreOf } from './view.ts';

const dayMs = 86_400_000;
const now = 1_000 * dayMs;
const ahead = now + 400 * dayMs;
const plan = {
  ...{ name: 'snap', target: 'cache', prove: 'each', rpoMs: 25 * 3_600_000, rtoMs: 4 * 3_600_000 },
} as BackupSettings;

function proof(at: number, isGood = true): ProofView {
  const looks = [{ level: 3, good: isGood, detail: isGood ? '' : 'another checksum', tookMs: 1 }] as const;
  const level = isGood ? 3 : null;
  return { id: `p${at}`, backup: 'b', at, level, isGood, looks, restoredInMs: 1, restoredWith: 'Redis 7' };
}

function backup(id: string, at: number, proofs: readonly ProofView[] = []): BackupView {
  return {
    ...{ id, plan: 'snap', target: 'cache', engine: 'redis.rdb', repository: 'local', folder: `/b/${id}` },
    ...{ kind: 'full', needs: [], state: 'good', startedAt: at, endedAt: at, bytes: 1, logFrom: null },
    ...{ detail: '', isPinned: false, markedAt: null, label: null, writtenAt: at, seenAt: at },
    ...{ lockedUntil: null, copyOf: null, proofs },
  };
}

const asOf = (...known: BackupView[]) => datedFirst(known.map((one) => believed(one, now)));

test('what a clock that was ahead took is not the newest, and a restore does not take it', () => {
  const known = asOf(
    backup('future', ahead, [proof(ahead)]),
    backup('old', now - 2 * dayMs, [proof(now - 2 * dayMs)]),
  );
  assert.equal(choiceOf(known)?.id, 'old');
  const standing = standingOf(plan, known, now);
  assert.equal(standing.newest?.id, 'old');
  assert.equal(standing.proven?.at, now - 2 * dayMs);
  assert.match(standing.late ?? '', /the newest backup is 2 d old/);
  assert.match(standing.ahead ?? '', /^1 backup taken by a clock that was ahead/);
  assert.equal(
    standingOf(plan, known, now, { acceptedAhead: new Set(['future']), doubtedSince: null }).ahead,
    null,
  );
  const restores = restoredFrom(known);
  assert.equal(exposureOf({ keepsLog: false, log: [], restores }, now), 2 * dayMs);
});

test('where nothing else is there nobody knows what would be lost, and it is not nothing', () => {
  const known = asOf(backup('future', ahead, [proof(ahead)]));
  assert.equal(exposureOf({ keepsLog: false, log: [], restores: restoredFrom(known) }, now), null);
  const standing = standingOf(plan, known, now);
  assert.equal(standing.newest, null);
  assert.match(standing.late ?? '', /no backup whose time can be believed/);
});

test('a good proof of then does not count, so the next is due; a failed one of then or of now does', () => {
  const [good] = asOf(backup('a', now - dayMs, [proof(ahead)]));
  assert.equal(provenRestoreOf(good?.proofs ?? []), null);
  assert.ok(isDue(good?.proofs ?? [], now, dayMs));
  const [failedThen] = asOf(backup('a', now - dayMs, [proof(ahead, false), proof(now - dayMs)]));
  assert.equal(provenRestoreOf(failedThen?.proofs ?? []), null);
  const known = asOf(backup('a', now - dayMs, [proof(ahead), proof(now - 1_000, false)]));
  assert.match(standingOf(plan, known, now).notProven ?? '', /another checksum/);
});

test('a doubt of the clock is told while it holds something back, and only then', () => {
  const clock = { acceptedAhead: new Set<string>(), doubtedSince: now - dayMs };
  const old = asOf(backup('new', now - dayMs), backup('old', now - 40 * dayMs));
  const kept = { ...plan, keepMs: 30 * dayMs };
  assert.match(standingOf(kept, old, now, clock).heldByClock ?? '', /no old backup is removed/);
  assert.equal(standingOf(kept, old, now).heldByClock, null);
  assert.equal(standingOf(kept, old.slice(0, 1), now, clock).heldByClock, null);
});
