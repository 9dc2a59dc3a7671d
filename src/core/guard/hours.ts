/** Hours of the week in the team's time zone: `09:00-17:00 Mon-Fri`. Pure. */
import { Temporal } from 'temporal-polyfill';

/** One stretch of each of its days; one that ends before it begins goes on into the next morning. */
export interface Span {
  /** Minutes after midnight, the end not included. */
  readonly from: number;
  readonly to: number;
  /** 1 Monday to 7 Sunday. */
  readonly days: readonly number[];
}

export interface Hours {
  /** As it was written. */
  readonly text: string;
  /** `peak` and `off-peak` go by the peak hours of the policy, or of history. */
  readonly of: readonly Span[] | 'peak' | 'off-peak';
}

const dayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const everyDay = [1, 2, 3, 4, 5, 6, 7];

/** Undefined for what is no such text. Several stretches have `;` between them. */
export function parseHours(text: string): Hours | undefined {
  const said = text.trim().toLowerCase();
  if (said === 'peak' || said === 'off-peak') return { text: said, of: said };
  const spans = said.split(';').map(parseSpan);
  return spans.every((span) => span !== undefined) ? { text: text.trim(), of: spans } : undefined;
}

function parseSpan(text: string): Span | undefined {
  const [, times, days] = /^\s*(\d{1,2}:\d{2}\s*-\s*\d{1,2}:\d{2})?\s*([a-z][a-z, -]*)?\s*$/.exec(text) ?? [];
  if (times === undefined && days === undefined) return undefined;
  const [from, to] = times === undefined ? [0, 24 * 60] : times.split('-').map(minuteOf);
  const found = days === undefined ? everyDay : parseDays(days);
  if (from === undefined || to === undefined || from === to || from === 24 * 60 || !found) return undefined;
  return { from, to, days: found };
}

function minuteOf(text: string): number | undefined {
  const [hour, minute] = text.trim().split(':').map(Number);
  if (hour === undefined || minute === undefined || minute > 59) return undefined;
  const all = hour * 60 + minute;
  return all <= 24 * 60 ? all : undefined;
}

function parseDays(text: string): number[] | undefined {
  if (/^(every day|daily)$/.test(text.trim())) return everyDay;
  const found = text.split(',').flatMap((part) => {
    const [first, last, ...more] = part
      .split('-')
      .map((name) => dayNames.indexOf(name.trim().slice(0, 3)) + 1);
    if (first === undefined || more.length > 0) return [0];
    if (last === undefined) return [first];
    return first > 0 && last > 0
      ? Array.from({ length: ((last - first + 7) % 7) + 1 }, (_, step) => ((first - 1 + step) % 7) + 1)
      : [0];
  });
  return found.includes(0) ? undefined : [...new Set(found)].sort();
}

export function isWithin(spans: readonly Span[], now: number, timezone: string): boolean {
  const local = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timezone);
  const minute = local.hour * 60 + local.minute;
  const today = local.dayOfWeek;
  const yesterday = ((today + 5) % 7) + 1;
  return spans.some(({ from, to, days }) =>
    from < to
      ? days.includes(today) && minute >= from && minute < to
      : (days.includes(today) && minute >= from) || (days.includes(yesterday) && minute < to),
  );
}
