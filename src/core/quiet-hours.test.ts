import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quietestSlots } from './quiet-hours.ts';

const hourMs = 3_600_000;
// Monday, 00:00 UTC.
const monday = Date.parse('2026-03-02T00:00:00Z');
const series = (hours: number, rate: (weekday: number, hour: number) => number, start = monday) => {
  const at = Array.from({ length: hours }, (_, i) => start + i * hourMs);
  return { at, value: at.map((one) => rate(new Date(one).getUTCDay(), new Date(one).getUTCHours())) };
};
const nightly = (_: number, hour: number) => (hour === 4 ? 5 : hour < 6 ? 20 : 100);

test('the quietest hour of the week is found on the wall clock of the team', () => {
  const sundayNight = series(21 * 24, (day, hour) => (day === 0 && hour === 3 ? 1 : nightly(day, hour)));
  const [best] = quietestSlots([sundayNight], 'UTC', 1) ?? [];
  assert.deepEqual([best?.weekday, best?.hour], [7, 3]);
  const [inSydney] = quietestSlots([sundayNight], 'Australia/Sydney', 1) ?? [];
  assert.deepEqual([inSydney?.weekday, inSydney?.hour], [7, 14]);
});

test('a slot is as busy as its busiest hour and its busiest week', () => {
  const twice = series(14 * 24, nightly);
  const [single] = quietestSlots([twice], 'UTC', 1) ?? [];
  const [best] = quietestSlots([twice], 'UTC', 2) ?? [];
  assert.equal(Math.round((best?.share ?? 0) / (single?.share ?? 1)), 4);
  assert.equal((best?.hour ?? 24) < 5, true);
  const burst = {
    at: twice.at,
    value: twice.value.map((rate, i) => (i % (7 * 24) === 4 && i > 24 ? 900 : rate)),
  };
  assert.notDeepEqual([1, 4], ((slot) => [slot?.weekday, slot?.hour])(quietestSlots([burst], 'UTC', 1)?.[0]));
});

test('less than a week says nothing', () => {
  assert.equal(quietestSlots([series(5 * 24, nightly)], 'UTC', 1), undefined);
  assert.equal(quietestSlots([], 'UTC', 1), undefined);
  assert.equal(quietestSlots([series(14 * 24, () => 0)], 'UTC', 1), undefined);
});
