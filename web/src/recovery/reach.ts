/** What can be brought back, and what restores have shown. Pure. */
import { datedFirst } from '../../../src/core/backup/ahead.ts';
import { choiceOf } from '../../../src/core/backup/choice.ts';
import { exposureOf } from '../../../src/core/backup/exposure.ts';
import { isInSecond } from '../../../src/core/backup/second-standing.ts';
import { type BackupView, flawOf, type PlanView } from '../../../src/core/backup/view.ts';

export interface Reach {
  readonly from: number;
  readonly to: number;
  /** Any moment between; else only those of the backups. */
  readonly isGapless: boolean;
  /** A log is kept, and nobody knows how far it goes. */
  readonly isUnknown: boolean;
}

const endOf = ({ endedAt, startedAt }: BackupView) => endedAt ?? startedAt;
/** By a clock that was ahead nobody knows when one was taken, nor what it brings back. */
const isWhole = ({ state, copyOf, isAhead }: BackupView) =>
  state === 'good' && copyOf === null && isAhead !== true;

export function reachOf(
  plan: Pick<PlanView, 'keepsLog' | 'log' | 'restores'> & Partial<Pick<PlanView, 'offsite'>>,
  backups: readonly BackupView[],
  now: number,
): Reach | null {
  // What failed its last look brings back nothing, but for a gap in the log behind it.
  const isSound = ({ proofs: [last] }: BackupView) => flawOf(last) !== 'damaged';
  const ends = backups.filter((one) => isWhole(one) && !isInSecond(one) && isSound(one)).map(endOf);
  if (ends.length === 0) return null;
  const from = Math.min(...ends);
  const lost = plan.keepsLog ? exposureOf(plan, now) : 0;
  const isUnknown = lost === null;
  const to = isUnknown ? Math.max(...ends) : now - lost;
  return { from, to: Math.max(from, to), isGapless: plan.keepsLog && !isUnknown, isUnknown };
}

/** The one that a restore to that moment takes. */
export function backAt(backups: readonly BackupView[], until: number): BackupView | null {
  const newestFirst = backups.toSorted((a, b) => b.startedAt - a.startedAt);
  return choiceOf(datedFirst(newestFirst), { until });
}

export interface MeasuredRestore {
  readonly at: number;
  readonly rtoMs: number;
  /** Null where nothing says what would have been lost. */
  readonly rpoMs: number | null;
}

/**
 * Oldest first. What was lost is measured where the log was replayed against heartbeats; a backup of one moment could
 * have lost all since the one before it.
 */
export function measuredOf(backups: readonly BackupView[]): MeasuredRestore[] {
  const whole = backups.filter(isWhole).toSorted((a, b) => a.startedAt - b.startedAt);
  return whole
    .flatMap(({ proofs, startedAt }, index) => {
      const before = whole[index - 1]?.startedAt;
      const gap = before === undefined ? null : startedAt - before;
      return proofs.flatMap(({ at, isGood, restoredInMs, looks }): MeasuredRestore[] => {
        if (!isGood || restoredInMs === null) return [];
        const measured = looks.find((look) => look.measured)?.measured;
        return [{ at, rtoMs: restoredInMs, rpoMs: measured ? measured.lostMs : gap }];
      });
    })
    .toSorted((a, b) => a.at - b.at);
}

/** Of what lies there today: how much of it lay there at each time. */
export function laidDown(
  backups: readonly BackupView[],
  isElsewhere: boolean,
): { readonly at: readonly number[]; readonly bytes: readonly number[] } {
  const there = backups
    .filter(({ state, copyOf }) => state === 'good' && (copyOf !== null) === isElsewhere)
    .toSorted((a, b) => a.startedAt - b.startedAt);
  let sum = 0;
  const bytes = there.map((one) => {
    sum += one.bytes;
    return sum;
  });
  return { at: there.map(({ startedAt }) => startedAt), bytes };
}
