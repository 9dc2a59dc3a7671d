/** What waits for a span of time, not for a moment of the calendar, when the clock is set back. Pure. */

/** So long before the clock was set back a job may have been due that no worker had taken yet. */
const lateMs = 60_000;

/**
 * What waits for a moment after this was planned by the clock as it was: what was planned since is due sooner than that.
 *
 * @param now epoch milliseconds by the clock as it is
 */
export function plannedBefore(now: number, byMs: number): number {
  return now + Math.max(0, byMs - lateMs);
}

/** Moments that a waiting job remembers, and counts from. */
const moments: ReadonlySet<string> = new Set(['beganAt', 'pausedAt', 'startedAt']);

/** The payload of a job that was brought forward. */
export function broughtForward(
  payload: Readonly<Record<string, unknown>>,
  byMs: number,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(payload).map(([name, value]) => [
      name,
      moments.has(name) && typeof value === 'number' ? value - byMs : value,
    ]),
  );
}
