/** iCalendar (RFC 5545) in and out, by ical.js; times of a zone are Temporal's care. */
import ICAL from 'ical.js';
import type { Absence } from '../../core/oncall/model.ts';
import { dayOf, instantOf } from '../../core/oncall/wall-time.ts';
import { isZone } from '../../core/zone-name.ts';

const dayMs = 86_400_000;
/** Of an endless series. */
const mostOccurrences = 1_000;

/**
 * The events of a calendar as absences, series unrolled, those that are cancelled or marked as free left out.
 * @throws Error when the text is no iCalendar
 */
export function absencesIn(
  text: string,
  about: { readonly person: string; readonly timezone: string; readonly from: number; readonly to: number },
): Absence[] {
  const root = new ICAL.Component(ICAL.parse(text));
  const calendars = root.name === 'vcalendar' ? [root] : root.getAllSubcomponents('vcalendar');
  if (calendars.length === 0) throw new Error('there is no VCALENDAR in it');
  const found: Absence[] = [];
  for (const component of calendars.flatMap((one) => one.getAllSubcomponents('vevent'))) {
    if (String(component.getFirstPropertyValue('status') ?? '').toUpperCase() === 'CANCELLED') continue;
    if (String(component.getFirstPropertyValue('transp') ?? '').toUpperCase() === 'TRANSPARENT') continue;
    if (component.hasProperty('recurrence-id')) continue;
    found.push(...occurrencesOf(component, about));
  }
  return found.sort((a, b) => a.from - b.from);
}

function occurrencesOf(
  component: ICAL.Component,
  { person, timezone, from, to }: { person: string; timezone: string; from: number; to: number },
): Absence[] {
  const event = new ICAL.Event(component);
  const why = event.summary || 'away';
  const written = component.getFirstProperty('dtstart')?.getFirstParameter('tzid') ?? '';
  const instant = (time: ICAL.Time) => instantIn(time, written, timezone);
  const span = (start: ICAL.Time, end: ICAL.Time): Absence => ({
    person,
    from: instant(start),
    to: Math.max(instant(end), instant(start) + (start.isDate ? dayMs : 0)),
    why,
  });
  const touches = (one: Absence) => one.to > from && one.from < to && one.to > one.from;
  if (!event.isRecurring()) return [span(event.startDate, event.endDate)].filter(touches);
  const found: Absence[] = [];
  const iterator = event.iterator();
  for (let count = 0; count < mostOccurrences; count++) {
    const next = iterator.next();
    if (!next) break;
    const { startDate, endDate } = event.getOccurrenceDetails(next);
    const one = span(startDate, endDate);
    if (one.from >= to) break;
    if (touches(one)) found.push(one);
  }
  return found;
}

/** Days are those of the person; a zone that ICU knows is read by its name, others as the calendar defines them. */
function instantIn(time: ICAL.Time, written: string, timezone: string): number {
  if (time.zone === ICAL.Timezone.utcTimezone) return time.toUnixTime() * 1_000;
  const zone = time.isDate || written === '' ? timezone : written;
  const day = dayOf(
    `${String(time.year).padStart(4, '0')}-${String(time.month).padStart(2, '0')}-${String(time.day).padStart(2, '0')}`,
  );
  if (day === undefined || !isZone(zone)) return time.toUnixTime() * 1_000;
  return instantOf(day, time.isDate ? 0 : time.hour * 60 + time.minute, zone);
}

export interface FeedEvent {
  /** The same for the same turn, so that calendars update it. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly from: number;
  readonly to: number;
}

/** @param at when it was written, epoch milliseconds */
export function calendarText(name: string, events: readonly FeedEvent[], at: number): string {
  const calendar = new ICAL.Component('vcalendar');
  calendar.addPropertyWithValue('version', '2.0');
  calendar.addPropertyWithValue('prodid', '-//Upkeep//On-call//EN');
  calendar.addPropertyWithValue('calscale', 'GREGORIAN');
  calendar.addPropertyWithValue('method', 'PUBLISH');
  calendar.addPropertyWithValue('name', name);
  calendar.addPropertyWithValue('x-wr-calname', name);
  for (const event of events) {
    const component = new ICAL.Component('vevent');
    component.addPropertyWithValue('uid', event.uid);
    component.addPropertyWithValue('dtstamp', utc(at));
    component.addPropertyWithValue('dtstart', utc(event.from));
    component.addPropertyWithValue('dtend', utc(event.to));
    component.addPropertyWithValue('summary', event.title);
    component.addPropertyWithValue('description', event.description);
    component.addPropertyWithValue('transp', 'TRANSPARENT');
    calendar.addSubcomponent(component);
  }
  return `${calendar.toString()}\r\n`;
}

function utc(at: number): ICAL.Time {
  const time = ICAL.Time.fromData({ year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0 });
  time.zone = ICAL.Timezone.utcTimezone;
  time.fromUnixTime(Math.floor(at / 1_000));
  return time;
}
