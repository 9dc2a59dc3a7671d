/** Which backup a restore takes where only the name of a plan is given. Everything that is said of recovery reckons with it. Pure. */
import { firstRepository } from './second-standing.ts';
import { failureOf } from './standing.ts';
import { type BackupView, type ProofView, provenRestoreOf, type RestoredFrom } from './view.ts';

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
  return fits.find(({ proofs }) => proofs[0]?.isGood !== false) ?? fits[0] ?? null;
}

/** At which the log is looked at. */
const logLevel = 2;

/** At which the team's own queries are asked: what was restored stands by then. */
const smokeLevel = 6;

/** At which it failed; null where it did not. */
function levelOf({ looks, isGood }: ProofView): number | null {
  return isGood ? null : (looks.find(({ good }) => !good)?.level ?? 0);
}

/** What a restore begins with now, for all that reckons with it. @param known newest first; of one plan alone */
export function restoredFrom(known: readonly BackupView[]): RestoredFrom | null {
  const taken = choiceOf(known);
  if (taken === null) return null;
  const newest = known.find(({ state, repository }) => state === 'good' && repository === firstRepository);
  const [last] = newest === undefined || newest.id === taken.id ? [] : newest.proofs;
  const [own] = taken.proofs;
  const isGap = (proof: ProofView | undefined) => proof !== undefined && levelOf(proof) === logLevel;
  // With a gap in the log the backup itself is sound, and brings back what it holds.
  const hasLogGap = isGap(own) || isGap(last);
  const isLost = own?.isGood === false && !isGap(own) && levelOf(own) !== smokeLevel;
  return {
    ...(own && isLost && { failed: failureOf(own) }),
    ...(hasLogGap && { hasLogGap }),
    backup: taken.id,
    at: taken.startedAt,
    wholeAt: taken.endedAt ?? taken.startedAt,
    isProven: provenRestoreOf(taken.proofs) !== null,
    passedOver: last ? `its last proof failed at ${failureOf(last)}` : null,
  };
}
