/** Which backup a restore takes where only the name of a plan is given. Everything that is said of recovery reckons with it. Pure. */
import { firstRepository } from './second-standing.ts';
import { failureOf } from './standing.ts';
import {
  type BackupView,
  flawOf,
  hasGap,
  type ProofView,
  provenRestoreOf,
  type RestoredFrom,
} from './view.ts';

export interface Wanted {
  /** Whole by then, epoch milliseconds; null for the newest. */
  readonly until?: number | null;
  /** A name of a repository; the plan's own where left out. */
  readonly from?: string;
}

/**
 * The newest that fits and did not fail its last look; one that failed only where there is no other.
 * @param known newest first; of one plan alone
 */
export function choiceOf<
  One extends Pick<BackupView, 'state' | 'repository' | 'startedAt' | 'endedAt' | 'proofs'>,
>(known: readonly One[], { until = null, from = firstRepository }: Wanted = {}): One | null {
  const fits = known.filter(
    ({ state, repository, endedAt, startedAt }) =>
      state === 'good' && repository === from && (until === null || (endedAt ?? startedAt) <= until),
  );
  return fits.find(({ proofs }) => isUsable(proofs[0])) ?? fits[0] ?? null;
}

export interface PassedOver<One> {
  readonly backup: One;
  /** `level 1: …` */
  readonly why: string;
  /** The newest whole one in another repository that is newer than what is taken, a copy of the passed over one say. */
  readonly elsewhere: One | null;
}

/** The newest that fits and is not taken, as its last look failed; null where the newest is taken. @param known newest first */
export function passedOver<
  One extends Pick<BackupView, 'id' | 'state' | 'repository' | 'startedAt' | 'endedAt' | 'proofs' | 'copyOf'>,
>(known: readonly One[], wanted: Wanted, taken: One): PassedOver<One> | null {
  const { until = null, from = firstRepository } = wanted;
  const fits = known.filter(
    ({ state, startedAt, endedAt, copyOf }) =>
      state === 'good' && (until === null || (copyOf === null ? (endedAt ?? startedAt) : startedAt) <= until),
  );
  const newest = fits.find(({ repository }) => repository === from);
  const [last] = newest?.proofs ?? [];
  if (newest === undefined || last === undefined || newest.startedAt <= taken.startedAt) return null;
  const elsewhere = fits.find(
    ({ repository, startedAt, proofs }) =>
      repository !== from && startedAt > taken.startedAt && proofs[0]?.isGood === true,
  );
  return { backup: newest, why: failureOf(last), elsewhere: elsewhere ?? null };
}

/** With a gap in the log after it a backup itself is sound, and brings back what it holds. */
function isUsable(last: ProofView | undefined): boolean {
  const isSound = last?.isGood !== false || flawOf(last) === 'elsewhere';
  return isSound || last.looks.some(({ gap }) => gap === 'behind');
}

/** What a restore begins with now, for all that reckons with it. @param known newest first; of one plan alone */
export function restoredFrom(known: readonly BackupView[]): RestoredFrom | null {
  const taken = choiceOf(known);
  // How old it is nobody knows, so nothing can be reckoned by it.
  if (taken === null || taken.isAhead) return null;
  const newest = known.find(({ state, repository }) => state === 'good' && repository === firstRepository);
  const [last] = newest === undefined || newest.id === taken.id ? [] : newest.proofs;
  const [own] = taken.proofs;
  const hasLogGap = hasGap(own) || hasGap(last);
  const logUntil = hasGap(own) ? own?.looks.find(({ gap }) => gap === 'behind')?.soundUntil : undefined;
  return {
    ...(own && flawOf(own) === 'damaged' && { failed: failureOf(own) }),
    ...(hasLogGap && { hasLogGap }),
    ...(logUntil !== undefined && { logUntil }),
    backup: taken.id,
    at: taken.startedAt,
    wholeAt: taken.endedAt ?? taken.startedAt,
    isProven: provenRestoreOf(taken.proofs) !== null,
    passedOver: last ? `its last proof failed at ${failureOf(last)}` : null,
  };
}
