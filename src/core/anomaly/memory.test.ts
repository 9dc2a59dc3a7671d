import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admit, createAlarmBudget } from './alarm-budget.ts';
import { createAnomalyState, score } from './detector.ts';
import { anomalySettings } from './settings.ts';
import { createShape, expectedAt, learnShape } from './shape.ts';
import { createSlotRing, remember } from './slot-ring.ts';
import { exceedance, usualRange } from './usual-range.ts';

const hour = 3_600_000;
const day = 24 * hour;
const start = 20_000 * day;

test('a slot keeps the value farthest from the centre, a gap is forgotten, late values are left out', () => {
  const ring = createSlotRing(600_000, 10);
  for (const [minute, value] of [
    [0, 4],
    [3, 9],
    [6, 5],
    [10, 7],
    [5, 100],
    [40, 1],
  ] as const)
    remember(ring, start + minute * 60_000, value, 5);
  const slots = [0, 1, 2, 3, 4].map((slot) => ring.values[(start / 600_000 + slot) % 10]);
  assert.deepEqual(slots, [9, 7, Number.NaN, Number.NaN, 1]);
  assert.equal(ring.filled, 3);
  remember(ring, start + 10 * day, 2, 5);
  assert.equal(ring.filled, 1);
});

test('the range is that of the values, whatever their distribution; distance counts in widths', () => {
  const ring = createSlotRing(600_000, 3_024);
  assert.equal(usualRange(ring), null);
  for (let i = 0; i < 1_000; i++) remember(ring, start + i * 600_000, i, 0);
  const usual = usualRange(ring);
  assert.ok(usual);
  assert.deepEqual([usual.low, usual.high, usual.middle, usual.width, usual.spread], [2, 998, 500, 980, 800]);
  assert.equal(exceedance(500, usual, usual.width), 0);
  assert.equal(exceedance(998 + 98, usual, usual.width), 0.1);
  assert.equal(exceedance(2 - 980, usual, usual.width), 1);
  assert.equal(exceedance(1e300, usual, usual.width), 1_000);
});

test('what an hour should look like comes from earlier days, from weeks when those do better', () => {
  const shape = createShape();
  const value = (at: number) => {
    const isWeekend = Math.floor(at / day) % 7 >= 5;
    return (isWeekend ? 0 : 100) + Math.floor((at % day) / hour);
  };
  const at = (days: number) => start + days * day;
  for (let time = start; time < at(40) + 12 * hour; time += hour / 4) {
    const expected = expectedAt(shape, time);
    if (time < at(2)) assert.ok(Number.isNaN(expected));
    if (time >= at(36)) assert.equal(expected, value(time), `day ${(time - start) / day}`);
    learnShape(shape, time, value(time));
  }
});

test('an alarm rests unless it gets much worse, and a series over its budget must do more', () => {
  const budget = createAlarmBudget();
  assert.equal(admit(budget, start, 0.09, 8 * hour), false);
  assert.equal(admit(budget, start + 1, 0.5, 8 * hour), true);
  assert.equal(admit(budget, start + hour, 0.9, 8 * hour), false);
  assert.equal(admit(budget, start + 2 * hour, 1.1, 8 * hour), true);
  assert.equal(admit(budget, start + 11 * hour, 0.5, 8 * hour), true);
  let told = 0;
  for (let i = 1; i < 28; i++) if (admit(budget, start + i * day, 0.5 + i / 1_000, 8 * hour)) told++;
  assert.ok(told >= 3 && budget.threshold > 0.5, `${told} times, then ${budget.threshold}`);
  assert.equal(admit(budget, start + 28 * day, 0.4, 8 * hour), false);
  assert.equal(admit(budget, start + 28 * day, 0.9, 8 * hour), true);
});

test('a series needs less than 20 KB', () => {
  const state = createAnomalyState();
  for (let i = 0; i < 40; i++) score(state, { at: start + i * 10_000, value: i });
  const arrays = [state.levels?.values, state.residuals?.values, state.shape.hours, state.budget.peaks];
  const bytes = arrays.reduce((sum, one) => sum + (one?.byteLength ?? Number.NaN), 0);
  assert.ok(bytes < 20_000, `${bytes}`);
  assert.deepEqual([state.waiting, state.gaps], [[], []]);
  assert.equal(state.levels?.values.length, anomalySettings.slots);
});
