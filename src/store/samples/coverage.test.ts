import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachEngine } from '../../../test/engines/for-each-engine.ts';
import { systemClock } from '../../clock.ts';
import type { Sample } from '../../core/sample.ts';
import { type Covered, coveredInAll, coveredSteps } from './coverage.ts';
import { openSampleStore } from './index.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const t0 = 20_000 * day;

/** From, to, how often: a steady stretch of checks that all saw 1, or another value. */
type Stretch = readonly [from: number, to: number, everyMs: number, value?: number];

function points(...stretches: Stretch[]) {
  const all = stretches.flatMap(([from, to, everyMs, value = 1]) => {
    const length = Math.ceil((to - from) / everyMs);
    return Array.from({ length }, (_, i) => ({ at: t0 + from + i * everyMs, value }));
  });
  return {
    rollups: [],
    points: {
      at: Float64Array.from(all, ({ at }) => at),
      values: Float64Array.from(all, (one) => one.value),
    },
  };
}

const over = (from: number, to: number, usualMs = second) => ({ from: t0 + from, to: t0 + to, usualMs });

function isNear(got: Covered, measuredMs: number, heldMs: number, within: number) {
  assert.ok(Math.abs(got.measuredMs - measuredMs) <= within, `measured ${got.measuredMs}, not ${measuredMs}`);
  assert.ok(Math.abs(got.heldMs - heldMs) <= within, `held ${got.heldMs}, not ${heldMs}`);
}

test('an interval that was edited changes nothing of what was covered before and after', () => {
  const pieces = points([0, hour, second], [hour, 2 * hour, minute, 0], [2 * hour, 3 * hour, 5 * minute]);
  for (const usual of [second, minute, hour])
    isNear(coveredInAll(pieces, over(0, 3 * hour, usual)), 3 * hour, 2 * hour, 2 * second);
});

test('a gap is a gap, and each check before it stands for its interval then', () => {
  const pieces = points([0, hour, 10 * second], [3 * hour, 4 * hour, minute]);
  isNear(coveredInAll(pieces, over(0, 4 * hour)), 2 * hour, 2 * hour, minute);
  isNear(coveredInAll(pieces, over(hour + minute, 3 * hour)), 0, 0, 0);
  const ended = coveredInAll(points([0, hour, 10 * second]), over(0, 9 * hour));
  isNear(ended, hour, hour, 0);
});

test('one check that is missing is not measured; checks by hand in between count no time twice', () => {
  const [early, late] = [
    [0, 10 * minute, minute],
    [11 * minute, 20 * minute, minute],
  ] as const;
  isNear(coveredInAll(points(early, late), over(0, 20 * minute)), 19 * minute, 19 * minute, 0);
  const byHand = points([0, 90 * second, 30 * second], [2 * minute, hour, minute]);
  isNear(coveredInAll(byHand, over(0, hour)), hour, hour, 30 * second);
});

test('a check stands for the beginning of a span that it was taken before, never for what is outside', () => {
  const { count, measuredMs } = coveredInAll(
    points([0, hour, 10 * minute]),
    over(5 * minute, 25 * minute, 10 * minute),
  );
  assert.deepEqual([count, measuredMs], [2, 20 * minute]);
});

test('two checks alone tell no interval: that of now is taken', () => {
  const lone = points([0, second, second], [hour, hour + second, second]);
  assert.equal(coveredInAll(lone, over(0, 2 * hour, 10 * second)).measuredMs, 20 * second);
});

test('steps hold what the whole does', () => {
  const steps = coveredSteps(
    points([0, hour, second], [hour, 2 * hour, minute, 0]),
    over(0, 2 * hour),
    minute,
  );
  assert.equal(steps.length, 120);
  assert.deepEqual(steps[3], { at: t0 + 3 * minute, count: 60, measuredMs: minute, heldMs: minute });
  assert.deepEqual(steps.at(-1), { at: t0 + 119 * minute, count: 1, measuredMs: minute, heldMs: 0 });
});

forEachEngine((engine) => {
  test('raw samples and the rollups that outlive them tell the same', async (t) => {
    let now = t0 + 5 * day;
    const clock = { ...systemClock, now: () => now };
    const options = { rawMs: day, rollupMs: 100 * day, pauseMs: 0, mostPutOff: 0, clock };
    const store = await openSampleStore(await engine.freshLocation(), options);
    t.after(() => store.close());
    const up = { target: 'web', metric: 'http.up' };
    const { at, values } = points(
      [0, hour, 5 * second],
      [2 * hour, 4 * hour, minute, 0],
      [4 * hour, 8 * hour, minute],
    ).points;
    const samples = Array.from(at, (time, i): Sample => ({ ...up, at: time, value: values[i] ?? 0 }));
    await store.append(samples);
    const ask = { ...up, from: t0, to: t0 + 8 * hour, usualMs: second };
    const [raw] = await store.covered(ask);
    assert.ok(raw);
    isNear(raw, 7 * hour, 5 * hour, 2 * minute);
    await store.prune(now);
    now += 10 * day;
    const [kept] = await store.covered(ask);
    assert.ok(kept);
    isNear(kept, raw.measuredMs, raw.heldMs, 5 * minute);
  });
});
