/** Times and spans as the page says them, on the wall clock of its zone. */
import { Temporal } from 'temporal-polyfill';
import { zoneName } from '../../core/zone-name.ts';

/** `22 Nov 2026, 22:40 AEDT` */
export function moment(at: number, timezone: string): string {
  const wall = format(at, timezone, {
    ...{ day: 'numeric', month: 'short', year: 'numeric' },
    ...{ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  });
  return `${wall} ${zoneName(at, timezone)}`;
}

/** `22:40` */
export function clockTime(at: number, timezone: string): string {
  return format(at, timezone, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
}

/** `22 Nov 2026` of a day written `2026-11-22`. */
export function dayName(date: string): string {
  return format(Date.parse(`${date}T00:00Z`), 'UTC', { day: 'numeric', month: 'short', year: 'numeric' });
}

/** `2026-11-22` */
export function dayOf(at: number, timezone: string): string {
  const british = format(at, timezone, { day: '2-digit', month: '2-digit', year: 'numeric' });
  return british.split('/').reverse().join('-');
}

/** `2026-11` */
export function monthOf(at: number, timezone: string): string {
  return dayOf(at, timezone).slice(0, 7);
}

/** `November 2026` of `2026-11`. */
export function monthName(month: string): string {
  return format(Date.parse(`${month}-01T00:00Z`), 'UTC', { month: 'long', year: 'numeric' });
}

/** Months from the first to the last, newest first, at most that many. */
export function monthsBetween(first: string, last: string, most: number): string[] {
  const start = Temporal.PlainYearMonth.from(first);
  const months: string[] = [];
  for (
    let month = Temporal.PlainYearMonth.from(last);
    months.length < most && Temporal.PlainYearMonth.compare(month, start) >= 0;
    month = month.subtract({ months: 1 })
  )
    months.push(month.toString());
  return months;
}

/** Making one costs a hundred times what using it does, and a page has hundreds of moments. */
const formats = new Map<string, Intl.DateTimeFormat>();

function format(at: number, timeZone: string, how: Intl.DateTimeFormatOptions): string {
  const key = `${timeZone} ${Object.keys(how).join(' ')} ${how.month}`;
  let known = formats.get(key);
  if (!known) {
    known = new Intl.DateTimeFormat('en-GB', { ...how, timeZone });
    formats.set(key, known);
  }
  return known.format(at);
}
