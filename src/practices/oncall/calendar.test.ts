import assert from 'node:assert/strict';
import { test } from 'node:test';
import ICAL from 'ical.js';
import { absencesIn, calendarText } from './calendar.ts';

const about = {
  person: 'ann',
  timezone: 'Europe/London',
  from: Date.UTC(2026, 0, 1),
  to: Date.UTC(2027, 0, 1),
};

const calendar = (...events: string[]) =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x', ...events, 'END:VCALENDAR', ''].join('\r\n');
const event = (...lines: string[]) => ['BEGIN:VEVENT', 'UID:1', ...lines, 'END:VEVENT'].join('\r\n');

test('whole days are those of the person, zones are read by name, UTC as it is', () => {
  const found = absencesIn(
    calendar(
      event('DTSTART;VALUE=DATE:20260706', 'DTEND;VALUE=DATE:20260708', 'SUMMARY:Leave'),
      event('DTSTART;TZID=Australia/Sydney:20260801T090000', 'DTEND;TZID=Australia/Sydney:20260801T100000'),
      event('DTSTART:20260901T090000Z', 'DURATION:PT2H'),
      event('DTSTART;VALUE=DATE:20261001'),
    ),
    about,
  );
  assert.deepEqual(
    found.map(({ from, to, why }) => [new Date(from).toISOString(), new Date(to).toISOString(), why]),
    [
      ['2026-07-05T23:00:00.000Z', '2026-07-07T23:00:00.000Z', 'Leave'],
      ['2026-07-31T23:00:00.000Z', '2026-08-01T00:00:00.000Z', 'away'],
      ['2026-09-01T09:00:00.000Z', '2026-09-01T11:00:00.000Z', 'away'],
      ['2026-09-30T23:00:00.000Z', '2026-10-01T23:00:00.000Z', 'away'],
    ],
  );
});

test('a series is unrolled on the wall clock; what is cancelled or free is no absence', () => {
  const weekly = event(
    'DTSTART;TZID=Europe/London:20260320T090000',
    'DTEND;TZID=Europe/London:20260320T100000',
    'RRULE:FREQ=WEEKLY;COUNT=3',
    'EXDATE;TZID=Europe/London:20260327T090000',
  );
  const found = absencesIn(
    calendar(
      weekly,
      event('DTSTART:20260901T090000Z', 'DURATION:PT2H', 'STATUS:CANCELLED'),
      event('DTSTART:20260902T090000Z', 'DURATION:PT2H', 'TRANSP:TRANSPARENT'),
    ),
    about,
  );
  assert.deepEqual(
    found.map(({ from }) => new Date(from).toISOString()),
    ['2026-03-20T09:00:00.000Z', '2026-04-03T08:00:00.000Z'],
  );
});

test('an endless series ends with the range, and what is no calendar is an error', () => {
  const daily = event('DTSTART:20200101T090000Z', 'DURATION:PT1H', 'RRULE:FREQ=YEARLY');
  assert.equal(absencesIn(calendar(daily), about).length, 1);
  assert.throws(() => absencesIn('<html>sign in</html>', about));
});

test('what is written is read again, also with text that has commas, line breaks and many letters', () => {
  const events = [
    {
      ...{ uid: 'a@upkeep', title: 'Ann, Lee; \\ (primary)', description: `why\n${'ä'.repeat(200)}` },
      ...{ from: Date.UTC(2026, 5, 1, 9), to: Date.UTC(2026, 5, 8, 9) },
    },
  ];
  const text = calendarText('shop on call', events, Date.UTC(2026, 5, 1));
  for (const line of text.split('\r\n')) assert.ok(Buffer.byteLength(line) <= 75, line);
  const component = new ICAL.Component(ICAL.parse(text)).getFirstSubcomponent('vevent');
  assert.ok(component);
  const read = new ICAL.Event(component);
  assert.equal(read.summary, events[0]?.title);
  assert.equal(read.description, events[0]?.description);
  assert.equal(read.startDate.toString(), '2026-06-01T09:00:00Z');
  assert.equal(read.endDate.toString(), '2026-06-08T09:00:00Z');
});
