/**
 * Records of a clock that was ahead: when they were made is not known, so they are never the newest, and no good proof among
 * them counts. What failed then may be as new as anything, and counts against its backup. Pure.
 */
import { count } from '../count.ts';
import type { BackupView, ProofView } from './view.ts';

/** A clock that is kept right goes back by no more. */
export const aheadToleranceMs = 5 * 60_000;

export function isAhead(at: number | null, now: number): boolean {
  return at !== null && at > now + aheadToleranceMs;
}

/** What of it can be believed now; told apart by `isAhead`. @param backup as it was written down */
export function believed(backup: BackupView, now: number): BackupView {
  const failedAhead = backup.proofs.filter(({ at, isGood }) => !isGood && isAhead(at, now));
  const proofs = [
    ...failedAhead.map((proof): ProofView => ({ ...proof, at: now, isAhead: true })),
    ...backup.proofs.filter(({ at }) => !isAhead(at, now)),
  ];
  const { notRun, ...same } = backup;
  return {
    ...{ ...same, proofs },
    ...(notRun && !isAhead(notRun.at, now) && { notRun }),
    ...((isAhead(backup.startedAt, now) || isAhead(backup.endedAt, now)) && { isAhead: true }),
  };
}

/** Those whose time can be believed first. @param known newest first by what was written down */
export function datedFirst(known: readonly BackupView[]): BackupView[] {
  return [...known.filter((one) => !one.isAhead), ...known.filter((one) => one.isAhead)];
}

/** What lies ahead of the clock and was not put up with yet; null where nothing does. */
export function aheadWords(known: readonly BackupView[], accepted: ReadonlySet<string>): string | null {
  const found = known.filter(
    (one) => one.isAhead && ['good', 'missing'].includes(one.state) && !accepted.has(one.id),
  );
  if (found.length === 0) return null;
  return `${count(found.length, 'backup')} taken by a clock that was ahead of that of now: when is not known, so ${found.length === 1 ? 'it counts' : 'they count'} for nothing`;
}
