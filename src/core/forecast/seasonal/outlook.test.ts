import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../../../../bench/filling-disks.ts';
import { holtWinters, profile, seasonNaive, theta } from './methods.ts';
import { outlook } from './outlook.ts';

const weeks = 8;
const hours = weeks * 168;

type Kind = (hour: number, noise: number) => number;
const day: Kind = (hour, noise) => 100 - 60 * Math.cos((2 * Math.PI * hour) / 24) + 5 * noise;
const week: Kind = (hour, noise) => (Math.floor(hour / 24) % 7 >= 5 ? 0.4 : 1) * day(hour, 0) + 5 * noise;
const kinds: Record<string, Kind> = {
  day,
  week,
  'growing week': (hour, noise) => week(hour, noise) * (1 + hour / 2_000),
  'flat noise': (_, noise) => 50 + 10 * noise,
};
/** Noise is a sum of three uniform values, so that it is nearly normal. */
function series(kind: Kind, length: number, seed: number): number[] {
  const random = seeded(seed);
  return Array.from({ length }, (_, hour) => kind(hour, 2 * (random() + random() + random()) - 3));
}

test('a clean shape is continued exactly by those that know its season', () => {
  const past = series((hour) => day(hour, 0), 24 * 21, 1);
  for (const method of [seasonNaive(24), profile(24), theta(24), holtWinters(24)]) {
    const next = method.continue(past, 48);
    assert.equal(next.length, 48);
    next.forEach(
      (value, i) => void assert.ok(Math.abs(value - day(past.length + i, 0)) < 2, `${method.name} at ${i}`),
    );
  }
});

test('the week is found where there is one, and is much better than repeating the day', () => {
  const found = outlook(series(week, hours, 2), { day: 24, horizon: 168 });
  assert.ok(found.kind === 'outlook');
  assert.match(found.method, /168/);
  assert.ok(found.relativeError < 0.5, `${found.relativeError}`);
});

test('growth goes on', () => {
  const kind = kinds['growing week'];
  assert.ok(kind);
  const found = outlook(series(kind, hours, 3), { day: 24, horizon: 168 });
  assert.ok(found.kind === 'outlook');
  const truth = Array.from({ length: 168 }, (_, i) => kind(hours + i, 0));
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const off = sum(found.values.map(({ value }) => value)) / sum(truth) - 1;
  assert.ok(Math.abs(off) < 0.03, `${found.method} is off by ${off}`);
});

test('the band of 80 % holds 70 to 95 % of what comes', () => {
  for (const [name, kind] of Object.entries(kinds)) {
    let held = 0;
    let all = 0;
    for (let seed = 1; seed <= 8; seed++) {
      const values = series(kind, hours + 72, seed * 13);
      const found = outlook(values.slice(0, hours), { day: 24, horizon: 72 });
      assert.ok(found.kind === 'outlook');
      found.values.forEach(({ low, high }, i) => {
        const value = values[hours + i] ?? Number.NaN;
        all++;
        if (value >= low && value <= high) held++;
      });
    }
    assert.ok(held / all >= 0.7 && held / all <= 0.95, `${name}: ${((100 * held) / all).toFixed(1)} %`);
  }
});

test('too little past, or one with gaps, is unknown', () => {
  assert.equal(outlook([1, 2, 3], { day: 24, horizon: 24 }).kind, 'unknown');
  assert.equal(outlook([...series(day, 500, 1), Number.NaN], { day: 24, horizon: 24 }).kind, 'unknown');
});

test('whatever the past, values are numbers within their band', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 30, maxLength: 120 }),
      (past) => {
        const found = outlook(past, { day: 6, horizon: 12 });
        if (found.kind !== 'outlook') return;
        for (const { value, low, high } of found.values) assert.ok(low <= value && value <= high);
      },
    ),
    { numRuns: 50 },
  );
});
