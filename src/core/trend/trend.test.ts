import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../../../bench/filling-disks.ts';
import { trendOf } from './trend.ts';

const hour = 3_600_000;
const now = 20_000 * 24 * hour;
const settings = { spanMs: 6 * hour, leastLevel: 1 };

/** A point a minute over six hours; `share` runs from 0 to 1. */
function points(value: (share: number, noise: number) => number, seed = 1) {
  const random = seeded(seed);
  return Array.from({ length: 360 }, (_, i) => ({
    at: now - (359 - i) * 60_000,
    value: value(i / 359, random()),
  }));
}
const kind = (value: (share: number, noise: number) => number, seed?: number) =>
  trendOf(points(value, seed), settings, now).kind;

test('evictions that increase are rising, with their size', () => {
  const found = trendOf(
    points((share, noise) => 10 + 50 * share + 10 * noise),
    settings,
    now,
  );
  assert.equal(found.kind, 'rising');
  if (found.kind !== 'rising') return;
  assert.ok(Math.abs(found.perHour - 50 / 6) < 1, `${found.perHour} an hour`);
  assert.match(found.reason, /^rising from 1\d(\.\d)? to 6\d(\.\d)?$/);
  assert.equal(
    kind((share, noise) => 60 - 50 * share + 10 * noise),
    'falling',
  );
});

test('noise, bursts, a single spike, a constant and a wave are no trend', () => {
  let wrong = 0;
  for (let seed = 1; seed <= 200; seed++) {
    if (kind((_, noise) => 50 * noise ** 4, seed) !== 'steady') wrong++;
  }
  assert.ok(wrong <= 3, `${wrong} of 200`);
  assert.equal(
    kind((share) => (share > 0.97 ? 1_000 : 5)),
    'steady',
  );
  assert.equal(
    kind(() => 5),
    'steady',
  );
  assert.equal(
    kind((share, noise) => 50 + 40 * Math.sin(4 * Math.PI * share) + noise),
    'steady',
  );
});

test('slow walks seldom look like a trend', () => {
  let wrong = 0;
  for (let seed = 1; seed <= 200; seed++) {
    let walk = 0;
    const found = kind((_, noise) => {
      walk = 0.98 * walk + noise - 0.5;
      return 100 + 20 * walk;
    }, seed);
    if (found !== 'steady') wrong++;
  }
  assert.ok(wrong <= 20, `${wrong} of 200`);
});

/** One value a window, or many; only whether it differs from noise is asked. */
const anything = { spanMs: 6 * hour, leastLevel: 0, leastChange: 0 };
const trendOfSeries = (values: readonly number[]) => {
  const stepMs = anything.spanMs / values.length;
  const series = values.map((value, i) => ({ at: now - (values.length - 1 - i) * stepMs, value }));
  return trendOf(series, anything, now).kind;
};

function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function share(of: number, isIt: (seed: number) => boolean): number {
  let found = 0;
  for (let seed = 1; seed <= of; seed++) if (isIt(seed * 7_919)) found++;
  return found / of;
}

const rises: Readonly<Record<string, (share: number) => number>> = {
  straight: (x) => x,
  bending: (x) => x * x,
  exponential: (x) => Math.exp(2 * x) / 6.4,
  slowing: (x) => Math.log(1 + 5 * x) / 1.8,
  root: Math.sqrt,
  's-shaped': (x) => 1 / (1 + Math.exp(-5 * (x - 0.5))),
};

test('a perfectly smooth rise or fall of any shape is a trend', () => {
  for (const [name, shape] of Object.entries(rises)) {
    for (const sign of [1, -1]) {
      const values = Array.from({ length: 360 }, (_, i) => 1_000 + 100 * sign * shape(i / 359));
      assert.equal(trendOfSeries(values), sign > 0 ? 'rising' : 'falling', name);
    }
  }
});

test('a rise with noise is found: less noise never hides it', () => {
  for (const name of ['straight', 'bending', 'exponential', 'slowing', 'root']) {
    for (const noise of [5, 10, 20, 40]) {
      const found = share(60, (seed) => {
        const random = seeded(seed);
        const at = (i: number) => 100 * (rises[name]?.(i / 359) ?? 0) + noise * gaussian(random);
        return trendOfSeries(Array.from({ length: 360 }, (_, i) => 100 + at(i))) === 'rising';
      });
      assert.ok(found >= 0.9, `${name}, noise ${noise}: ${found}`);
    }
  }
});

test('of what is flat and resembles its neighbour, to the random walk, at most 5 % pass for a trend', () => {
  for (const count of [24, 360]) {
    for (const alike of [0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.98]) {
      const wrong = share(400, (seed) => {
        const random = seeded(seed);
        let value = gaussian(random) / Math.sqrt(1 - alike * alike);
        const values = Array.from({ length: count }, () => {
          value = alike * value + gaussian(random);
          return 1_000 + value;
        });
        return trendOfSeries(values) !== 'steady';
      });
      assert.ok(wrong <= 0.05, `${alike} in ${count} values: ${wrong}`);
    }
  }
});

test('steps and saw-teeth are no trend, with and without noise', () => {
  const shapes = [
    ...[0.3, 0.5, 0.7, 0.9].map((at) => (x: number) => (x > at ? 100 : 0)),
    ...[1.5, 2, 3, 4, 6].map((teeth) => (x: number) => 100 * ((teeth * x + 0.2) % 1)),
  ];
  for (const [which, shape] of shapes.entries()) {
    for (const noise of [0, 5, 20]) {
      const wrong = share(30, (seed) => {
        const random = seeded(seed);
        const values = Array.from({ length: 360 }, (_, i) => 100 + shape(i / 360) + noise * gaussian(random));
        return trendOfSeries(values) !== 'steady';
      });
      assert.ok(wrong <= 0.05, `shape ${which}, noise ${noise}: ${wrong}`);
    }
  }
});

test('little, and what rises by little, is steady; what is over is over', () => {
  assert.equal(
    kind((share) => 0.1 + 0.5 * share),
    'steady',
  );
  assert.equal(
    kind((share) => 100 + 20 * share),
    'steady',
  );
  assert.equal(
    kind((share) => (share < 0.7 ? 10 + 100 * share : 5)),
    'steady',
  );
});

test('too few windows are unknown, and gaps and odd values do not matter', () => {
  const few = points((share) => 10 + 50 * share).slice(-100);
  assert.equal(trendOf(few, settings, now).kind, 'unknown');
  assert.equal(trendOf([], settings, now).kind, 'unknown');
  const holey = points((share) => 10 + 50 * share).filter((_, i) => i % 90 < 60);
  assert.equal(trendOf([...holey, { at: now, value: Number.NaN }], settings, now).kind, 'rising');
});
