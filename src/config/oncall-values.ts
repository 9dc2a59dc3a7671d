/** Times of day, windows of the week and dates as `oncall:` has them. */
import type { Absence, MinuteOfDay, Weekday, Window } from '../core/oncall/model.ts';
import { parseInstant } from '../core/oncall/wall-time.ts';
import { type Field, list, report, reportKey, section, shown, text } from './field.ts';

const timeForm = /^([01]\d|2[0-3]):([0-5]\d)$/;

function parseTime(source: string): MinuteOfDay | undefined {
  if (source === '24:00') return 1_440;
  const match = timeForm.exec(source);
  return match ? Number(match[1]) * 60 + Number(match[2]) : undefined;
}

export function timeOfDay(field: Field): MinuteOfDay | undefined {
  const value = text(field);
  if (value === undefined) return undefined;
  const minute = parseTime(value.trim());
  if (minute !== undefined && minute < 1_440) return minute;
  return report(field, `${shown(field)} is no time of day`, 'use "09:00"');
}

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

export function parseWeekday(word: string): Weekday | undefined {
  const index = weekdays.findIndex((name) => word.toLowerCase().startsWith(name));
  return index === -1 || !/^[a-z]+$/i.test(word) ? undefined : ((index + 1) as Weekday);
}

const everyDay: readonly Weekday[] = [1, 2, 3, 4, 5, 6, 7];

function parseDays(words: string): readonly Weekday[] | undefined {
  if (words === 'daily' || words === '') return everyDay;
  if (words === 'weekdays') return [1, 2, 3, 4, 5];
  if (words === 'weekends') return [6, 7];
  const days: Weekday[] = [];
  for (const part of words.split(',')) {
    const [first = '', last] = part.trim().split('-');
    const [from, to] = [parseWeekday(first), parseWeekday(last ?? first)];
    if (from === undefined || to === undefined) return undefined;
    for (let day = from; ; day = ((day % 7) + 1) as Weekday) {
      days.push(day);
      if (day === to) break;
    }
  }
  return [...new Set(days)].sort();
}

/** `weekdays 09:00-17:00`, `sat,sun 10:00-18:00`, `fri-mon 18:00-08:00`, `20:00-08:00` */
export function weekWindow(field: Field): Window | undefined {
  const value = text(field);
  if (value === undefined) return undefined;
  const match = /^(.*?)\s*(\d\d:\d\d)\s*-\s*(\d\d:\d\d)$/.exec(value.trim());
  const days = parseDays((match?.[1] ?? '').trim().toLowerCase());
  const [from, to] = [parseTime(match?.[2] ?? ''), parseTime(match?.[3] ?? '')];
  if (days !== undefined && from !== undefined && from < 1_440 && to !== undefined && from !== to)
    return { days, from, to };
  return report(field, `${shown(field)} is no part of the week`, 'use "weekdays 09:00-17:00"');
}

/** `22:00-07:00` */
export function daySpan(field: Field): { from: MinuteOfDay; to: MinuteOfDay } | undefined {
  const value = text(field);
  if (value === undefined) return undefined;
  const [from, to] = value.split('-').map((part) => parseTime(part.trim()));
  if (from !== undefined && to !== undefined && from !== to && from < 1_440) return { from, to };
  return report(field, `${shown(field)} is no span of the day`, 'use "22:00-07:00"');
}

/** Epoch milliseconds; without a zone on the wall clock of `zone`. */
export function instant(field: Field, zone: string): number | undefined {
  const value = text(field);
  if (value === undefined) return undefined;
  const at = parseInstant(value, zone);
  return at ?? report(field, `${shown(field)} is no date`, 'use "2026-12-24 09:00"');
}

/** `{ from: …, to: … }` of a map that has more keys; `to` without a time is the end of that day. */
export function span(
  part: { readonly field: Field; readonly get: (key: string) => Field | undefined },
  zone: string,
): { from: number; to: number } | undefined {
  const [fromField, toField] = [part.get('from'), part.get('to')];
  if (!fromField || !toField)
    return reportKey(part.field, 'needs from and to', 'write { from: "2026-12-24", to: "2026-12-27" }');
  const [from, to] = [instant(fromField, zone), instant(toField, zone)];
  if (from === undefined || to === undefined) return undefined;
  const end = /^\d{4}-\d{2}-\d{2}$/.test((text(toField) ?? '').trim()) ? endOfDay(text(toField), zone) : to;
  if (end > from) return { from, to: end };
  return report(toField, 'ends before it begins');
}

function endOfDay(day: string | undefined, zone: string): number {
  const start = parseInstant(`${day?.trim()} 23:59`, zone) ?? 0;
  return start + 60_000;
}

export function readAbsences(field: Field, person: string, zone: string): Absence[] {
  return list(field).flatMap((item) => {
    const part = section(item, ['from', 'to', 'why']);
    const when = part && span(part, zone);
    const whyField = part?.get('why');
    return when ? [{ person, ...when, why: (whyField && text(whyField)) ?? 'away' }] : [];
  });
}
