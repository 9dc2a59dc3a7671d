import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayBar, daysUntil, lengthOf, uptimeOf, within, without } from './status-page-days.ts';

const hour = 3_600_000;
const day = 24 * hour;
const facts = { date: '2026-11-22', maintenanceMs: 0, incidents: [] };
const measure = (upMs: number, measuredMs = day, countedMs = day) => ({ countedMs, measuredMs, upMs });

test('days are those of the zone: 23 and 25 hours long when the clocks change, without a gap', () => {
  const days = daysUntil(Date.parse('2026-11-22T11:40:00Z'), 'Europe/Berlin');
  assert.equal(days.length, 90);
  assert.equal(days.at(-1)?.date, '2026-11-22');
  assert.equal(days.at(-1)?.from, Date.parse('2026-11-21T23:00:00Z'));
  const october = days.find(({ date }) => date === '2026-10-25');
  assert.equal((october?.to ?? 0) - (october?.from ?? 0), 25 * hour);
  for (const [index, one] of days.slice(1).entries()) assert.equal(days[index]?.to, one.from);
  const sydney = daysUntil(Date.parse('2026-11-22T11:40:00Z'), 'Australia/Sydney', 60);
  const short = sydney.find(({ date }) => date === '2026-10-04');
  assert.equal((short?.to ?? 0) - (short?.from ?? 0), 23 * hour);
  assert.equal(daysUntil(Date.parse('2026-11-22T23:00:00Z'), 'Asia/Kolkata', 1)[0]?.date, '2026-11-23');
});

test('spans are cut at days, and what is excluded leaves what counts', () => {
  const whole = { from: 100, to: 200 };
  const parts = within(whole, [
    { from: 50, to: 120 },
    { from: 150, to: 160 },
    { from: 190, to: 300 },
    { from: 400, to: 500 },
  ]);
  assert.deepEqual(parts, [
    { from: 100, to: 120 },
    { from: 150, to: 160 },
    { from: 190, to: 200 },
  ]);
  assert.deepEqual(without(whole, parts), [
    { from: 120, to: 150 },
    { from: 160, to: 190 },
  ]);
  assert.equal(lengthOf(parts), 40);
  assert.deepEqual(without(whole, [whole]), []);
});

test('the colour follows the minutes; an incident leaves no day green', () => {
  const state = (upMs: number, incidents: string[] = []) =>
    dayBar({ ...facts, incidents, measures: [measure(upMs)] }).state;
  assert.equal(state(day), 'operational');
  assert.equal(state(day - 60_000), 'operational');
  assert.equal(state(day - 10 * 60_000), 'degraded');
  assert.equal(state(day - hour), 'partial');
  assert.equal(state(day - 2 * hour), 'major');
  assert.equal(state(day, ['Problem with API']), 'degraded');
  assert.equal(state(0), 'major');
});

test('a day without data is unknown, not green; one that was all maintenance says so', () => {
  const none = dayBar({ ...facts, measures: [measure(0, 0)] });
  assert.deepEqual([none.state, none.uptime, none.seen], ['unknown', null, 0]);
  assert.equal(dayBar({ ...facts, measures: [] }).state, 'unknown');
  const worked = dayBar({ ...facts, maintenanceMs: day, measures: [measure(0, 0, 0)] });
  assert.deepEqual([worked.state, worked.uptime], ['maintenance', null]);
  const unseen = dayBar({ ...facts, maintenanceMs: hour, measures: [measure(0, 0, day - hour)] });
  assert.equal(unseen.state, 'unknown', 'an hour of maintenance says nothing of the rest');
});

test('half a day of checks is told as half a day, and its uptime is of what was measured', () => {
  const bar = dayBar({ ...facts, measures: [measure(6 * hour, 12 * hour)] });
  assert.equal(bar.uptime, 0.5);
  assert.equal(bar.seen, 0.5);
  assert.equal(bar.downMs, 6 * hour);
});

test('targets count alike, however often they are checked', () => {
  const bar = dayBar({ ...facts, measures: [measure(day), measure(0)] });
  assert.equal(bar.uptime, 0.5);
  const oneUnseen = dayBar({ ...facts, measures: [measure(day), measure(0, 0)] });
  assert.deepEqual([oneUnseen.uptime, oneUnseen.seen], [1, 0.5]);
});

test('uptime of all days is of the measured time, and null where there is none', () => {
  const full = dayBar({ ...facts, measures: [measure(day)] });
  const short = dayBar({ ...facts, measures: [measure(0, hour)] });
  const none = dayBar({ ...facts, measures: [] });
  assert.equal(uptimeOf([full, short, none]), 24 / 25);
  assert.equal(uptimeOf([none]), null);
});
