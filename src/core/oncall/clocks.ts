/** Response and resolution clocks of an incident's level. */
import type { ClockLimit } from './model.ts';
import { instantOf, wallTime, weekdayOf } from './wall-time.ts';

/** From this share of the time on, a clock is about to be missed. */
export const warningShare = 0.8;
const endOfWork = 17 * 60;

/** When the clock is missed, epoch milliseconds. */
export function dueAt(limit: ClockLimit, startedAt: number, timezone: string): number {
  if (typeof limit === 'number') return startedAt + limit;
  let { day } = wallTime(startedAt, timezone);
  do day++;
  while (weekdayOf(day) > 5);
  return instantOf(day, endOfWork, timezone);
}

export function warnAt(startedAt: number, due: number): number {
  return Math.round(startedAt + (due - startedAt) * warningShare);
}
