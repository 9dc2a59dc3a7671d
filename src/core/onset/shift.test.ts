import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findShift, hourlyOf, type Point } from './shift.ts';

const minute = 60_000;
const hour = 60 * minute;
const start = Date.UTC(2026, 10, 9);

/** The same noise at every run. */
function noiseOf(seed: number) {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648 - 0.5;
  };
}

function series(
  count: number,
  stepMs: number,
  value: (at: number, noise: () => number) => number | null,
): Point[] {
  const noise = noiseOf(count);
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * stepMs;
    return { at, value: value(at, noise) };
  });
}

const seconds = { unit: 'seconds' } as const;

test('a step is dated to the bucket where it began, however much came before or after', () => {
  for (const at of [3, 12, 50, 90, 97]) {
    const points = series(
      100,
      minute,
      (time, noise) => (time >= start + at * minute ? 0.9 : 0.1) + 0.04 * noise(),
    );
    const shift = findShift(points, seconds);
    assert.equal(shift?.onset, start + at * minute, `step at ${at}`);
    assert.equal(shift?.ended, null);
    assert.ok(Math.abs((shift?.before ?? 0) - 0.1) < 0.02 && Math.abs((shift?.after ?? 0) - 0.9) < 0.02);
  }
});

test('a bump that has passed has an end', () => {
  const points = series(100, minute, (at, noise) =>
    at >= start + 40 * minute && at < start + 55 * minute ? 0.5 : 0.1 + 0.03 * noise(),
  );
  const shift = findShift(points, seconds);
  assert.equal(shift?.onset, start + 40 * minute);
  assert.equal(shift?.ended, start + 55 * minute);
});

test('a fall is told as a fall', () => {
  const points = series(60, minute, (at, noise) => (at >= start + 30 * minute ? 0.2 : 0.95) + 0.02 * noise());
  const shift = findShift(points, { unit: 'ratio' });
  assert.equal(shift?.onset, start + 30 * minute);
  assert.ok((shift?.score ?? 0) < 0);
});

test('a slow degradation is dated near where it left the usual range', () => {
  const points = series(120, minute, (at, noise) => {
    const since = Math.max(0, (at - start) / minute - 60);
    return 0.1 + since * 0.02 + 0.02 * noise();
  });
  const onset = findShift(points, seconds)?.onset ?? 0;
  assert.ok(Math.abs(onset - (start + 60 * minute)) <= 10 * minute, String((onset - start) / minute));
});

test('noise, single wild values and gaps are no shift', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const noise = noiseOf(seed);
    const points = series(200, minute, () => (noise() > 0.495 ? 5 : 0.1 + 0.08 * noise()));
    assert.equal(findShift(points, seconds), null, `seed ${seed}`);
  }
  assert.equal(
    findShift(
      series(50, minute, () => null),
      seconds,
    ),
    null,
  );
  assert.equal(
    findShift(
      series(50, minute, () => 0),
      seconds,
    ),
    null,
  );
  assert.equal(
    findShift(
      series(4, minute, () => 1),
      seconds,
    ),
    null,
  );
});

test('the usual shape of a day is no shift, a step in it is', () => {
  const daily = (at: number, noise: () => number) =>
    100 + 80 * Math.sin(((at - start) / (24 * hour)) * 2 * Math.PI) + 5 * noise();
  const calm = series(7 * 48, 30 * minute, daily);
  const hourly = hourlyOf(calm);
  assert.ok(hourly);
  assert.equal(findShift(calm.slice(-96), { unit: 'per-second', hourly }), null);
  const risen = series(
    7 * 48,
    30 * minute,
    (at, noise) => daily(at, noise) + (at >= start + 130 * hour ? 90 : 0),
  );
  const shift = findShift(risen, { unit: 'per-second', hourly: hourlyOf(risen) });
  assert.ok(
    Math.abs((shift?.onset ?? 0) - (start + 130 * hour)) <= hour,
    String(((shift?.onset ?? 0) - start) / hour),
  );
  assert.equal(hourlyOf(calm.slice(0, 100)), undefined, 'two days are no shape');
});

test('what is small beside the level or the unit is not told', () => {
  const small = series(60, minute, (at) => (at >= start + 30 * minute ? 0.003 : 0.001));
  assert.equal(findShift(small, seconds), null);
  const steady = series(60, minute, (at) => (at >= start + 30 * minute ? 1_050 : 1_000));
  assert.equal(findShift(steady, { unit: 'count' }), null);
});
