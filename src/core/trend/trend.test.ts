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
