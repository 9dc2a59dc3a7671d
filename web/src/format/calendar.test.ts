import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calendarDays } from './calendar.ts';

test('weeks begin on Monday, touch each other and hold the day asked for', () => {
  const at = Date.parse('2026-11-22T12:00:00Z');
  const days = calendarDays(at, 5);
  assert.equal(days.length, 35);
  assert.equal(new Date(days[0]?.from ?? 0).getDay(), 1);
  assert.ok(days.slice(0, 7).some(({ from, to }) => from <= at && at < to));
  for (const [index, day] of days.entries()) assert.equal(days[index + 1]?.from ?? day.to, day.to);
});
