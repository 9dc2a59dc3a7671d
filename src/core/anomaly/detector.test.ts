import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type AnomalyScore, createAnomalyState, type Point, score } from './detector.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const start = 20_000 * day;

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** One value each `stepMs`; noise between -1 and 1. */
function series(days: number, stepMs: number, value: (at: number, noise: number) => number): Point[] {
  const random = seeded(7);
  return Array.from({ length: Math.floor((days * day) / stepMs) }, (_, i) => {
    const at = start + i * stepMs;
    return { at, value: value(i * stepMs, random() + random() - 1) };
  });
}
function play(points: readonly Point[], state = createAnomalyState()): (AnomalyScore & Point)[] {
  return points.map((point) => ({ ...point, ...score(state, point) }));
}
const alarms = (scored: readonly (AnomalyScore & Point)[]) =>
  scored.filter((one) => one.isAlarm).map((one) => one.at);
const business = (at: number) => 100 - 80 * Math.cos((2 * Math.PI * at) / day);
const isWeekend = (at: number) => Math.floor((start + at) / day + 3) % 7 >= 5;

test('nothing is judged before a day is known, and it says what is missing', () => {
  const scored = play(
    series(2, 5 * minute, (at, noise) => (at < day - hour && at > 20 * hour ? 1_000 : noise)),
  );
  const warm = scored.findIndex((one) => !one.isWarmingUp);
  assert.ok(warm > 0 && (scored[warm]?.at ?? 0) >= start + day);
  assert.ok(scored.slice(0, warm).every((one) => one.score === 0 && one.expected === null));
  assert.match(scored[10]?.reason ?? '', /warming up: \d+ of 50/);
  assert.equal(scored[warm - 1]?.reason, 'warming up: less than a day is known');
});

test('a level that was never seen alarms once, soon, and rests', () => {
  const points = series(10, minute, (at, noise) =>
    at > 8 * day && at < 8 * day + 2 * hour ? 30 : 10 + noise,
  );
  const scored = play(points);
  const all = alarms(scored);
  assert.ok(all.length >= 1 && all.length <= 3, `${all.length} alarms`);
  assert.ok((all[0] ?? 0) <= start + 8 * day + 3 * minute);
  const during = scored.find((one) => one.at === start + 8 * day + hour);
  assert.equal(during?.isAnomalous, true);
  assert.match(
    during?.reason ?? '',
    /^30 is higher than the range of the last weeks, usually [\d.]+ to [\d.]+$/,
  );
});

test('an outage at the busy hour is found although nights are as quiet', () => {
  const scored = play(
    series(15, 5 * minute, (at, noise) => (at >= 14 * day + 12 * hour ? 40 : business(at)) + 3 * noise),
  );
  const [first] = alarms(scored).filter((at) => at > start + 7 * day);
  assert.ok(first !== undefined && first - start >= 14 * day + 12 * hour, 'not before');
  assert.ok(first - start <= 14 * day + 12 * hour + 15 * minute, 'within 15 minutes');
  const found = scored.find((one) => one.at === first);
  assert.match(found?.reason ?? '', /^[\d.]+ is lower than usual for this hour, usually [\d.]+ to [\d.]+$/);
  assert.ok(found?.expected && found.expected.low > 40 && found.expected.high < 260);
});

test('the week is learned: quiet weekends alarm no more after four weeks, a quiet Tuesday does', () => {
  const points = series(50, 10 * minute, (at, noise) => {
    const isQuiet = isWeekend(at) || (at >= 44 * day && !isWeekend(at) && Math.floor(at / day) === 47);
    return (isQuiet ? 20 : business(at)) + 3 * noise;
  });
  const quiet = points.find((one) => Math.floor((one.at - start) / day) === 47);
  assert.ok(quiet && !isWeekend(quiet.at - start));
  const late = alarms(play(points)).filter((at) => at > start + 35 * day);
  assert.ok(late.length >= 1 && late.length <= 5, `${late.length} alarms`);
  assert.ok(late.every((at) => Math.floor((at - start) / day) >= 47));
});

test('steady noise, heavy tails and growth keep to a budget of about one alarm a week', () => {
  const kinds: Record<string, (at: number, noise: number) => number> = {
    noise: (_, noise) => noise,
    'heavy tails': (_, noise) => 1 / (1.0001 - Math.abs(noise)),
    growth: (at, noise) => at / hour + noise,
    'a counter that steps': (at) => Math.floor(at / (3 * hour)) * 50,
    'a spike at each full hour': (at, noise) => (at % hour === 0 ? 50 : 5) + noise,
  };
  for (const [name, value] of Object.entries(kinds)) {
    const count = alarms(play(series(56, 5 * minute, value))).length;
    assert.ok(count <= 12, `${name}: ${count} alarms in eight weeks`);
  }
});

test('a constant series is silent at crumbs and finds a change', () => {
  const silent = play(series(20, minute, (at) => (at > 15 * day ? 5.001 : 5)));
  assert.deepEqual(alarms(silent), []);
  const changed = play(series(20, minute, (at) => (at > 15 * day ? 6 : 5)));
  assert.ok(
    alarms(changed).length >= 1 && alarms(changed).length <= 2,
    'once, and once more where it is far higher',
  );
  assert.ok(changed.every((one) => one.score <= 1_000));
});

test('after a gap it judges again by what it knew; a gap of a month is a new beginning', () => {
  const points = series(40, 5 * minute, (_, noise) => 10 + noise);
  const state = createAnomalyState();
  play(points.slice(0, 288 * 10), state);
  const after = play(points.slice(288 * 12, 288 * 12 + 20), state);
  assert.ok(after.every((one) => !one.isWarmingUp && !one.isAnomalous));
  assert.equal(score(state, { at: start + 60 * day, value: 500 }).isWarmingUp, true);
});

test('what is judged depends on nothing that comes later', () => {
  const points = series(6, 10 * minute, (at, noise) => business(at) + noise);
  const other = points.map((one, i) => (i > 500 ? { ...one, value: -one.value * 9 } : one));
  assert.deepEqual(play(points).slice(0, 501), play(other).slice(0, 501));
});

test('whatever comes, scores are numbers from 0 to 1000 and a range has two ends', () => {
  const value = fc.oneof(fc.double(), fc.constant(0), fc.constantFrom(1e300, -1e300, 1e-300, Number.NaN));
  const steps = fc.array(fc.tuple(fc.integer({ min: -1_000, max: 3 * hour }), value), {
    minLength: 60,
    maxLength: 400,
  });
  fc.assert(
    fc.property(steps, (points) => {
      const state = createAnomalyState();
      let at = start;
      for (const [gap, one] of points) {
        at += gap;
        const found = score(state, { at, value: one });
        assert.ok(found.score >= 0 && found.score <= 1_000, `${found.score}`);
        assert.ok(found.threshold > 0 && !Number.isNaN(found.threshold));
        if (found.expected) assert.ok(found.expected.low <= found.expected.high);
      }
    }),
    { numRuns: 100 },
  );
});
