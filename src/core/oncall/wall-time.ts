/** Between instants and wall clocks of a time zone, daylight saving included. Pure: no door asks for the time. */
import { Temporal } from 'temporal-polyfill';
import { zoneName } from '../zone-name.ts';
import type { MinuteOfDay, Weekday } from './model.ts';

export const dayMinutes = 1_440;
const dayMs = 86_400_000;

export interface WallTime {
  /** Days since 1970-01-01 on the wall's calendar. */
  readonly day: number;
  readonly minute: MinuteOfDay;
  readonly weekday: Weekday;
}

const epochDay = Temporal.PlainDate.from('1970-01-01');

export function wallTime(at: number, timezone: string): WallTime {
  const there = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timezone);
  const day = dayNumber(there.toPlainDate());
  return { day, minute: there.hour * 60 + there.minute, weekday: weekdayOf(day) };
}

/**
 * The instant of a wall time. A time that the clocks skip is the one as long after the gap began (02:30 becomes
 * 03:30); of one that comes twice, the first (RFC 5545, and Temporal's `compatible`).
 */
export function instantOf(day: number, minute: number, timezone: string): number {
  const asUtc = Temporal.Instant.fromEpochMilliseconds((day * dayMinutes + minute) * 60_000);
  const wall = asUtc.toZonedDateTimeISO('UTC').toPlainDateTime();
  return wall.toZonedDateTime(timezone).epochMilliseconds;
}

export function weekdayOf(day: number): Weekday {
  // 1970-01-01 was a Thursday.
  return (((((day + 3) % 7) + 7) % 7) + 1) as Weekday;
}

/** Day number of `2026-01-05`; undefined when there is no such day. */
export function dayOf(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  try {
    return dayNumber(Temporal.PlainDate.from(text));
  } catch {
    return undefined;
  }
}

function dayNumber({ year, month, day }: Temporal.PlainDate): number {
  return Date.UTC(year, month - 1, day) / dayMs;
}

/** `2026-01-05` */
export function dateText(day: number): string {
  return epochDay.add({ days: day }).toString();
}

/** `2026-01-05T09:00` on a wall clock as day and minute; undefined when it is no such time. */
export function parseWallTime(text: string): { day: number; minute: MinuteOfDay } | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}):(\d{2}))?$/.exec(text.trim());
  const day = match?.[1] === undefined ? undefined : dayOf(match[1]);
  if (day === undefined) return undefined;
  const [hour, minute] = [Number(match?.[2] ?? 0), Number(match?.[3] ?? 0)];
  return hour < 24 && minute < 60 ? { day, minute: hour * 60 + minute } : undefined;
}

/** Seconds at the end, as Upkeep itself prints moments that were measured. */
const secondsAfter = /^(.+[T ]\d{2}:\d{2}):([0-5]\d(?:\.\d{1,3})?)$/;

/**
 * A point in time as people write it: RFC 3339 with a zone as it is, without one on the wall clock of `timezone`.
 * Undefined when it is neither.
 */
export function parseInstant(text: string, timezone: string): number | undefined {
  const [, upToMinute = text, seconds = '0'] = secondsAfter.exec(text.trim()) ?? [];
  const wall = parseWallTime(upToMinute);
  if (wall) return instantOf(wall.day, wall.minute, timezone) + Math.round(Number(seconds) * 1_000);
  try {
    return Temporal.Instant.from(text.trim()).epochMilliseconds;
  } catch {
    return undefined;
  }
}

/**
 * `2026-12-01T03:00` on the clock of the zone, with seconds where they are not 0. What is written without a zone stays as it
 * is, also in an hour that the clocks skip. Undefined for what `parseInstant` does not read, and for a day without an hour.
 */
export function parseWall(text: string, timezone: string): string | undefined {
  const source = text.trim();
  const at = dayOf(source) === undefined ? parseInstant(source, timezone) : undefined;
  if (at === undefined) return undefined;
  const [, upToMinute = source, seconds = '0'] = secondsAfter.exec(source) ?? [];
  const isWall = parseWallTime(upToMinute) !== undefined;
  const wall = isWall
    ? Temporal.PlainDateTime.from(upToMinute.replace(' ', 'T')).add({ seconds: Math.floor(Number(seconds)) })
    : Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timezone).toPlainDateTime();
  return wall.toString({ smallestUnit: wall.second === 0 ? 'minute' : 'second' });
}

/** `Mon 2026-01-05 09:00` on the wall clock of the zone. */
export function wallText(at: number, timezone: string): string {
  const { day, minute, weekday } = wallTime(at, timezone);
  return `${weekdayNames[weekday - 1]} ${dateText(day)} ${minuteText(minute)}`;
}

/** `2026-11-23 07:22:42 CET`: a moment inside a sentence, which stands also where nobody says whose clock it is by. */
export function momentText(at: number, timezone: string): string {
  const writer = new Intl.DateTimeFormat('sv-SE', {
    ...{ timeZone: timezone, dateStyle: 'short', timeStyle: 'medium' },
  });
  return `${writer.format(at)} ${zoneName(at, timezone)}`;
}

const weekdayNames = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

/** `09:05` */
export function minuteText(minute: MinuteOfDay): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}
