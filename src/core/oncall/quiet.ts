/** Quiet hours: what is not urgent waits until somebody's morning. */
import type { Level } from '../severity.ts';
import type { Person } from './model.ts';
import { dayMinutes, instantOf, wallTime } from './wall-time.ts';

/** Until when a page of the level waits for the person, epoch milliseconds; null when it goes out now. */
export function quietUntil(person: Person, level: Level, at: number): number | null {
  return level === 'critical' || !person.quietHours?.levels.includes(level) ? null : quietEnd(person, at);
}

/** When the quiet hours end that the time lies in, whatever they hold, epoch milliseconds; null outside of them. */
export function quietEnd({ quietHours, timezone }: Person, at: number): number | null {
  if (quietHours === null) return null;
  const { from, to } = quietHours;
  const length = to > from ? to - from : to + dayMinutes - from;
  const { day } = wallTime(at, timezone);
  for (const begin of [day - 1, day]) {
    const start = instantOf(begin, from, timezone);
    const end = instantOf(begin, from + length, timezone);
    if (start <= at && at < end) return end;
  }
  return null;
}

/** Whether a page at that time broke somebody's sleep: 22:00 to 07:00 on their wall clock. */
export function isNight(timezone: string, at: number): boolean {
  const { minute } = wallTime(at, timezone);
  return minute >= 22 * 60 || minute < 7 * 60;
}
