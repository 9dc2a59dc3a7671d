/** Times and spans as the page says them, on the wall clock of its zone. */
import { Temporal } from 'temporal-polyfill';

/** `22 Nov 2026, 22:40 GMT+11` */
export function moment(at: number, timezone: string): string {
  return format(at, timezone, {
    ...{ day: 'numeric', month: 'short', year: 'numeric' },
    ...{ hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'short' },
  });
}

/** `22:40` */
export function clockTime(at: number, timezone: string): string {
  return format(at, timezone, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
}

/** `22 Nov 2026` of a day written `2026-11-22`. */
export function dayName(date: string): string {
  return Temporal.PlainDate.from(date).toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  });
}

/** `2026-11-22` */
export function dayOf(at: number, timezone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timezone).toPlainDate().toString();
}

/** `2026-11` */
export function monthOf(at: number, timezone: string): string {
  return dayOf(at, timezone).slice(0, 7);
}

/** `November 2026` of `2026-11`. */
export function monthName(month: string): string {
  return Temporal.PlainDate.from(`${month}-01`).toLocaleString('en-GB', { month: 'long', year: 'numeric' });
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

function format(at: number, timezone: string, how: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat('en-GB', { ...how, timeZone: timezone }).format(at);
}

/** `99.95 %`, never rounded up to 100 and never down to 0. */
export function percent(share: number): string {
  if (share >= 1) return '100 %';
  if (share <= 0) return '0 %';
  const floor = Math.floor(share * 10_000) / 100;
  return `${Math.max(floor, 0.01).toFixed(2)} %`;
}
