import { formatDuration } from '../../../src/core/time.ts';
import { zoneName } from '../../../src/core/zone-name.ts';
import { shownZone, zoned } from './zone.ts';

const clock = zoned({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }, 'en-GB');
const shortClock = zoned({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, 'en-GB');
const shortDay = zoned({ day: 'numeric', month: 'short' }, 'en-GB');
const weekday = zoned({ weekday: 'short' }, 'en-GB');
// Sweden writes its dates as ISO 8601 does.
const isoDay = zoned({ year: 'numeric', month: '2-digit', day: '2-digit' }, 'sv-SE');

/** `Sun 2026-11-22 07:41:12 UTC` in the zone that is shown. */
export function formatMoment(at: number): string {
  return `${weekday().format(at)} ${isoDay().format(at)} ${clock().format(at)} ${zoneName(at, shownZone())}`;
}

/** `Mon 2026-11-23 09:00`: what is planned, to the minute. */
export function formatPlanned(at: number): string {
  return `${weekday().format(at)} ${isoDay().format(at)} ${shortClock().format(at)}`;
}

/** `07:41` */
export function formatHour(at: number): string {
  return shortClock().format(at);
}

/** `22 Nov` */
export function formatDay(at: number): string {
  return shortDay().format(at);
}

export function formatClock(at: number): string {
  return clock().format(at);
}

/** The clock alone for the last half day, with the day before that. */
export function formatShort(at: number, now: number): string {
  return Math.abs(now - at) < 43_200_000
    ? shortClock().format(at)
    : `${shortDay().format(at)}, ${shortClock().format(at)}`;
}

const spans: readonly [number, string][] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1_000, 's'],
];

/** `42 s`, `3 m 20 s`, `2 h 5 m`, `6 d 4 h`: the two largest units, each rounded down. */
export function formatSpan(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / 1_000)) * 1_000;
  const start = spans.findIndex(([size]) => whole >= size);
  if (start === -1) return '0 s';
  const [size, unit] = spans[start] ?? [1_000, 's'];
  const first = `${Math.floor(whole / size)} ${unit}`;
  const next = spans[start + 1];
  const rest = next ? Math.floor((whole % size) / next[0]) : 0;
  return next && rest > 0 ? `${first} ${rest} ${next[1]}` : first;
}

/** As formatSpan, and what took less than a minute to two places: `305 ms`, `1.8 s`. */
export function formatTook(ms: number): string {
  return ms > 0 && ms < 59_500 ? formatDuration(ms) : formatSpan(ms);
}

/** `now`, `42 s ago`, `in 3 m 20 s`. */
export function formatAge(at: number, now: number): string {
  const difference = now - at;
  if (Math.abs(difference) < 1_500) return 'now';
  // Live data is newer than a clock that ticks each second, or than one that lags a little.
  if (difference < 0 && difference > -5_000) return 'now';
  return difference > 0 ? `${formatSpan(difference)} ago` : `in ${formatSpan(-difference)}`;
}
