/** When checks are due. Pure arithmetic; the shell keeps the clock. */

/** FNV-1a: spreads ids evenly and the same way after every start. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value ^= text.charCodeAt(i);
    value = Math.imul(value, 0x01000193);
  }
  value ^= value >>> 16;
  value = Math.imul(value, 0x7feb352d);
  value ^= value >>> 15;
  return value >>> 0;
}

/**
 * Checks start in slots of this length. Measured with 100 checks a second: ten that start together cost 0.5 ms of CPU
 * each, one every 10 ms costs 1.3 ms, because waking up costs more than a check.
 */
const slotMs = 100;

/** Where in its interval a check runs, 0 to everyMs-1, so that all checks of one interval are spread evenly. */
export function phaseOf(checkId: string, everyMs: number): number {
  const slots = Math.max(1, Math.floor(everyMs / slotMs));
  return (hash(checkId) % slots) * Math.min(slotMs, everyMs);
}

/** The first run at or after `now` on the check's grid: within one interval of a start. */
export function firstDue(checkId: string, everyMs: number, now: number): number {
  const phase = phaseOf(checkId, everyMs);
  const base = Math.floor((now - phase) / everyMs) * everyMs + phase;
  return base >= now ? base : base + everyMs;
}

/** Nobody waits longer than this after a start to learn what a check says, however seldom it runs. */
const firstWithinMs = 60_000;

/** The first run after a start: on the check's grid, or before it where the grid comes late. */
export function firstLook(checkId: string, everyMs: number, now: number): number {
  return Math.min(firstDue(checkId, everyMs, now), now + phaseOf(checkId, firstWithinMs));
}

/** The next run on the grid, later than `now`: runs that were missed are not made up for. */
export function nextDue(checkId: string, everyMs: number, now: number): number {
  return firstDue(checkId, everyMs, now + 1);
}

/** Why nothing was looked at: `the machine slept or Upkeep was stopped`. */
export function gapWords(why: unknown): string {
  return why === 'clock-jump'
    ? 'the clock was set forwards or the machine slept'
    : 'the machine slept or Upkeep was stopped';
}

/** `clock-set-back`: nothing was missed; `from` is what the clock says since, `to` what it would have said. */
export interface Gap {
  /** Epoch milliseconds, never after `to`. */
  readonly from: number;
  readonly to: number;
  readonly why: 'clock-jump' | 'clock-set-back' | 'suspended';
}

/**
 * Wall and monotonic time that went apart, or a wake-up that came far too late, mean that the machine slept. A wall clock
 * behind the monotonic one can only have been set back: no sleep does that.
 */
export function gapBetween(
  before: { wall: number; mono: number; expectedWall: number },
  after: { wall: number; mono: number },
  toleranceMs: number,
): Gap | null {
  const wallPassed = after.wall - before.wall;
  const monoPassed = Math.round(after.mono - before.mono);
  if (monoPassed - wallPassed > toleranceMs)
    return { from: after.wall, to: before.wall + monoPassed, why: 'clock-set-back' };
  if (wallPassed - monoPassed > toleranceMs) return { from: before.wall, to: after.wall, why: 'clock-jump' };
  if (after.wall - before.expectedWall > toleranceMs)
    return { from: before.wall, to: after.wall, why: 'suspended' };
  return null;
}
