/** Which moment a drill restores, and from which backup. Pure: chance is handed in. */

export interface Drillable {
  readonly id: string;
  /** When the copy was whole, epoch milliseconds. */
  readonly endedAt: number;
}

export interface DrillChoice<Of extends Drillable> {
  readonly backup: Of;
  readonly until: number;
}

/** A drill asks for a moment of the last day (J). */
const lookBackMs = 86_400_000;
/** The newest would hide that older ones cannot be brought forward; ones from weeks ago would replay for hours (J). */
const fromNewest = 3;

/**
 * Any moment of the last day that the log covers, from any of the newest backups that were whole by then.
 * @param known since when heartbeats are kept: what cannot be held against one proves little
 * @param covered all that was committed before it lies in the repository, epoch milliseconds
 * @param roll a number in [0, 1) each time
 * @returns null where no such moment exists yet
 */
export function chooseMoment<Of extends Drillable>(
  backups: readonly Of[],
  known: number,
  covered: number,
  now: number,
  roll: () => number,
): DrillChoice<Of> | null {
  const oldest = backups.reduce((at, { endedAt }) => Math.min(at, endedAt), Number.POSITIVE_INFINITY);
  const from = Math.max(now - lookBackMs, known, oldest);
  const until = Math.min(covered, now);
  if (!(from < until)) return null;
  const moment = Math.min(until, Math.ceil(from + roll() * (until - from)));
  const fits = backups
    .filter(({ endedAt }) => endedAt <= moment)
    .toSorted((a, b) => b.endedAt - a.endedAt)
    .slice(0, fromNewest);
  const backup = fits[Math.floor(roll() * fits.length)];
  return backup === undefined ? null : { backup, until: moment };
}
