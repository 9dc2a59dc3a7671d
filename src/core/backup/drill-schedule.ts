/** When a backup is drilled by itself: a random moment restored, and a control that a damaged copy turns red. Pure. */
import { isAhead } from './ahead.ts';
import { isInSecond } from './second-standing.ts';
import type { BackupView, ProofView } from './view.ts';

const dayMs = 86_400_000;
/** The definitions of the teams test a restore each month (G); a tenth less, so that a little earlier is in time. */
export const drillEveryMs = 27 * dayMs;

/** A proof that restored a moment which somebody or chance asked for. */
export function isOfMoment({ looks }: Pick<ProofView, 'looks'>): boolean {
  return looks.some(({ measured }) => measured !== undefined && measured.until !== null);
}

/** @param known of one plan. With a log and a good backup, and no moment restored well for a month. */
export function isMomentDue(known: readonly BackupView[], keepsLog: boolean, now: number): boolean {
  const own = known.filter(({ copyOf, state }) => copyOf === null && state === 'good');
  if (!keepsLog || own.length === 0) return false;
  return now - lastMoment(own) >= drillEveryMs;
}

function lastMoment(known: readonly BackupView[]): number {
  return known
    .flatMap(({ proofs }) => proofs)
    .filter((proof) => proof.isGood && isOfMoment(proof))
    .reduce((at, proof) => Math.max(at, proof.at), Number.NEGATIVE_INFINITY);
}

/** In turn: the repository out of which a moment was restored longest ago, the plan's own first. Null where there is none. */
export function nextRepository(known: readonly BackupView[]): string | null {
  const own = known.filter(({ copyOf, state }) => copyOf === null && state === 'good');
  const names = [
    ...new Set(
      own.toSorted((a, b) => Number(isInSecond(a)) - Number(isInSecond(b))).map((one) => one.repository),
    ),
  ];
  const lastOf = (name: string) => lastMoment(own.filter(({ repository }) => repository === name));
  return names.reduce<string | null>(
    (best, name) => (best === null || lastOf(name) < lastOf(best) ? name : best),
    null,
  );
}

/** What a control found last. */
export interface Control {
  readonly at: number;
  readonly backup: string;
  /** A copy of it with flipped bytes was told from one without; null where no copy can be made of where it lies. */
  readonly isSeen: boolean | null;
  readonly detail: string;
}

export function isControlDue(last: Control | null, known: readonly BackupView[], now: number): boolean {
  const hasOne = known.some(({ copyOf, state }) => copyOf === null && state === 'good');
  return (
    hasOne &&
    (last === null || last.isSeen === false || isAhead(last.at, now) || now - last.at >= drillEveryMs)
  );
}
