import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { calendarDays } from './calendar.ts';
import { formatHour } from './time.ts';
import { browserZone, setTeamZone } from './zone.ts';

afterEach(() => setTeamZone(browserZone));

test('weeks begin on Monday, touch each other and hold the day asked for', () => {
  const at = Date.parse('2026-11-22T12:00:00Z');
  const days = calendarDays(at, 5);
  assert.equal(days.length, 35);
  assert.equal(new Date(days[0]?.from ?? 0).getDay(), 1);
  assert.ok(days.slice(0, 7).some(({ from, to }) => from <= at && at < to));
  for (const [index, day] of days.entries()) assert.equal(days[index + 1]?.from ?? day.to, day.to);
});

test('days and times are those of the zone that is shown, with the hours its clocks skip and repeat', () => {
  setTeamZone('Australia/Sydney');
  const at = Date.parse('2026-10-03T20:00:00Z');
  assert.equal(formatHour(at), '07:00');
  const [sunday, before] = [calendarDays(at, 1)[6], calendarDays(at, 1)[5]];
  assert.equal(sunday?.key, '2026-10-04');
  assert.equal((sunday?.to ?? 0) - (sunday?.from ?? 0), 23 * 3_600_000);
  assert.equal((before?.to ?? 0) - (before?.from ?? 0), 24 * 3_600_000);
  setTeamZone('America/New_York');
  const back = calendarDays(Date.parse('2026-11-01T12:00:00Z'), 1)[6];
  assert.equal((back?.to ?? 0) - (back?.from ?? 0), 25 * 3_600_000);
});
