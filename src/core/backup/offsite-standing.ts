/** How the copies elsewhere of one thing stand: what is wrong with them now, in words. Pure. */
import { formatDuration } from '../time.ts';
import { notRunWords } from './not-run.ts';
import { type BackupSettings, proveEveryMs } from './settings.ts';
import {
  type BackupView,
  type CopyProof,
  isRestoreProof,
  newestNotRun,
  type ProofView,
  standingProof,
} from './view.ts';

/** The repository of copies in a bucket. */
export const offsiteRepository = 'offsite';

/** Every so many copies one is restored, not only read back. */
export const restoredEvery = 4;

const slackMs = 3_600_000;
/** A copy follows a backup and its proof, which have a day of their own. */
const copySlackMs = 26 * slackMs;

export interface OffsiteStanding {
  readonly newest: BackupView | null;
  readonly newestIs: CopyProof;
  /** The newest that was read back or restored, and is whole. */
  readonly sound: BackupView | null;
  /** The newest proof by a restore from there that is good. */
  readonly proven: ProofView | null;
  readonly failed: string | null;
  readonly late: string | null;
  readonly notProven: string | null;
  readonly notLocked: string | null;
  readonly notRun: string | null;
}

function proofOf({ proofs }: BackupView): CopyProof {
  const sorted = proofs.toSorted((a, b) => b.at - a.at);
  if (sorted[0] === undefined) return 'unread';
  if (!sorted[0].isGood) return 'damaged';
  return sorted.some((proof) => proof.isGood && isRestoreProof(proof)) ? 'restored' : 'read-back';
}

function isSound(copy: BackupView): boolean {
  return ['restored', 'read-back'].includes(proofOf(copy));
}

export function isCopy({ copyOf }: Pick<BackupView, 'copyOf'>): boolean {
  return copyOf !== null;
}

/**
 * @param known newest first; of this plan alone, copies and what they are copies of
 * @param unreachable why the bucket did not answer when it was last asked; null where it did
 */
export function offsiteStandingOf(
  plan: BackupSettings,
  known: readonly BackupView[],
  now: number,
  unreachable: string | null,
): OffsiteStanding {
  const copies = byCopying(known.filter(({ state }) => state !== 'taking'));
  const newest = copies.find(({ state }) => state === 'good') ?? null;
  const proofs = copies.flatMap((copy) => copy.proofs).toSorted((a, b) => b.at - a.at);
  const proven = standingProof(copies);
  const [last] = copies;
  const failure = last?.state === 'failed' ? `the last copy failed: ${last.detail}` : null;
  return {
    ...{ newest, proven },
    newestIs: newest === null ? 'unread' : proofOf(newest),
    sound: copies.find((copy) => copy.state === 'good' && isSound(copy)) ?? null,
    failed: unreachable === null ? failure : `the copies elsewhere are out of reach: ${unreachable}`,
    late: plan.offsite ? lateness(plan, newest, known, now) : null,
    notProven: newest && whatFailed(proofs[0]),
    notRun: newest && notRunWords(copies, now),
    notLocked: plan.offsite && newest ? unlocked(plan.offsite.lockMs, newest) : null,
  };
}

/** Newest first, by when they were copied: several may be of the same backup. */
export function byCopying(known: readonly BackupView[]): BackupView[] {
  return known
    .filter((one) => isCopy(one) && !one.isAhead)
    .toSorted((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0) || (a.id < b.id ? 1 : -1));
}

/** The copy that the newest proof could not open for want of its passphrase; null where there is none. */
export function wrongKeyOf(known: readonly BackupView[]): BackupView | null {
  const copies = known.filter((one) => isCopy(one) && one.state === 'good');
  const last = newestNotRun(copies.flatMap(({ proofs, notRun }) => [...proofs, ...(notRun ? [notRun] : [])]));
  if (!last?.looks.some(({ isWrongKey }) => isWrongKey)) return null;
  return copies.find(({ id }) => id === last.backup) ?? null;
}

function lateness(
  { offsite, rpoMs }: BackupSettings,
  newest: BackupView | null,
  known: readonly BackupView[],
  now: number,
): string | null {
  const mayBe = proveEveryMs[offsite?.every ?? 'weekly'] + copySlackMs;
  const here = known.filter((one) => !isCopy(one) && one.state === 'good' && !one.isAhead);
  if (newest === null) {
    const [oldest] = here.slice(-1);
    return oldest && now - oldest.startedAt > mayBe ? 'no backup was ever copied' : null;
  }
  const age = now - newest.startedAt;
  return age > mayBe + rpoMs
    ? `the newest copy is of a backup ${formatDuration(age)} ago; one is made ${offsite?.every === 'each' ? 'of each' : offsite?.every}`
    : null;
}

function whatFailed(last: ProofView | undefined): string | null {
  if (last === undefined) return 'the newest copy was never read back';
  if (last.isGood) return null;
  const wrong = last.looks.find(({ good }) => !good);
  return `a copy failed at level ${wrong?.level ?? 0}: ${wrong?.detail ?? 'nothing could be looked at'}`;
}

function unlocked(lockMs: number | null, { lockedUntil, endedAt }: BackupView): string | null {
  if (lockMs === null) return null;
  if (lockedUntil === null)
    return 'the server took the lock of the newest copy and keeps none: whoever has a key that deletes can delete it';
  const short = (endedAt ?? 0) - slackMs * 24 + lockMs - lockedUntil;
  return short > 0 ? `the newest copy is locked ${formatDuration(short)} less than lock: says` : null;
}

/** Whether the next copy is due: a tenth less than the span, so that one which began a little earlier is in time. */
export function isCopyDue({ offsite }: BackupSettings, known: readonly BackupView[], now: number): boolean {
  if (!offsite) return false;
  const newest = byCopying(known).find(({ state }) => state === 'good');
  return newest === undefined || now - (newest.endedAt ?? 0) >= proveEveryMs[offsite.every] * 0.9;
}

/** In turn: the first, and then each that follows three which were only read back. */
export function isRestoreDue(known: readonly BackupView[]): boolean {
  return byCopying(known)
    .filter(({ state }) => state === 'good')
    .slice(0, restoredEvery)
    .every(({ proofs }) => !proofs.some((proof) => proof.isGood && isRestoreProof(proof)));
}
