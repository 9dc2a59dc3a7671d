import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Bucket, quantileOf } from './histogram.ts';

const buckets = (...pairs: readonly (readonly [number, number])[]): Bucket[] =>
  pairs.map(([bound, count]) => ({ bound, count }));

test('quantiles are interpolated as PromQL does', () => {
  const given = buckets([0.1, 50], [0.5, 90], [1, 100], [Infinity, 100]);
  assert.equal(quantileOf(0.5, given), 0.1);
  assert.ok(Math.abs(quantileOf(0.7, given) - 0.3) < 1e-12);
  assert.equal(quantileOf(0.95, given), 0.75);
  assert.equal(quantileOf(0.99, buckets([1, 0], [Infinity, 10])), 1, 'beyond the last bound');
  assert.ok(Number.isNaN(quantileOf(0.5, buckets([1, 0], [Infinity, 0]))), 'nothing was counted');
  assert.ok(Number.isNaN(quantileOf(0.5, buckets([1, 10], [2, 20]))), 'the last bucket is missing');
});

test('property: the true quantile lies in the same bucket', () => {
  const bounds = [0.01, 0.05, 0.1, 0.5, 1, 5, Infinity];
  const values = fc.array(fc.double({ min: 0.0001, max: 4.9, noNaN: true }), {
    minLength: 1,
    maxLength: 200,
  });
  fc.assert(
    fc.property(values, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (seen, quantile) => {
      const counted = bounds.map((bound) => ({
        bound,
        count: seen.filter((value) => value <= bound).length,
      }));
      const sorted = seen.toSorted((a, b) => a - b);
      const exact = sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)] ?? 0;
      const place = bounds.findIndex((bound) => exact <= bound);
      const estimate = quantileOf(quantile, counted);
      assert.ok(estimate <= (bounds[place] ?? 0) + 1e-9, `${estimate} for ${exact}`);
      assert.ok(estimate >= (bounds[place - 1] ?? 0) - 1e-9, `${estimate} for ${exact}`);
    }),
  );
});
