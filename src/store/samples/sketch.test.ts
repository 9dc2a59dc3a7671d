import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteReader, ByteWriter } from './bytes.ts';
import { coarseMs, decodeRollups, encodeRollups, fineMs, rollUp, widen } from './rollup.ts';
import { binOf, readSketch, relativeError, SketchSum, sketchOf, writeSketch } from './sketch.ts';

const finite = fc.oneof(
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .filter((value) => value === 0 || Math.abs(value) > 1e-300),
  fc.integer({ min: -100_000, max: 100_000 }).map((n) => n / 100),
);

test('a quantile of a sketch, stored and merged, is within 1 % of the sample of that rank', () => {
  fc.assert(
    fc.property(
      fc.array(finite, { minLength: 1 }),
      fc.array(finite),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (a, b, q) => {
        const sum = new SketchSum();
        for (const part of [a, b]) {
          const bins = Int32Array.from(part, binOf);
          const out = new ByteWriter();
          writeSketch(out, sketchOf(bins, 0, bins.length));
          sum.merge(readSketch(new ByteReader(out.written())));
        }
        const sorted = Float64Array.from([...a, ...b]).sort();
        const expected = sorted[Math.floor(q * (sorted.length - 1))] ?? Number.NaN;
        const [got = Number.NaN] = sum.quantiles([q]);
        assert.ok(
          Math.abs(got - expected) <= Math.abs(expected) * (relativeError + 1e-9),
          `${got} for ${expected}`,
        );
      },
    ),
  );
});

test('rollups, stored and widened, say what the samples say', () => {
  const steps = fc.array(fc.integer({ min: 1, max: 400_000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(
      steps,
      fc.array(fc.integer({ min: -1_000, max: 100_000 }), { minLength: 200, maxLength: 200 }),
      (gaps, cents) => {
        let now = 1_700_000_000_000;
        const at = Float64Array.from(gaps, (gap) => {
          now += gap;
          return now;
        });
        const values = Float64Array.from(gaps, (_, i) => (cents[i] ?? 0) / 100);
        const fine = decodeRollups(encodeRollups(rollUp({ at, values }, fineMs, 2)));
        for (const rollups of [fine, widen(fine, coarseMs)]) {
          assert.equal(
            rollups.reduce((total, { count }) => total + count, 0),
            values.length,
          );
          for (const rollup of rollups) {
            const width = rollups === fine ? fineMs : coarseMs;
            const inside = [...values].filter(
              (_, i) => Math.floor((at[i] ?? 0) / width) * width === rollup.start,
            );
            assert.equal(rollup.count, inside.length);
            assert.equal(rollup.min, Math.min(...inside));
            assert.equal(rollup.max, Math.max(...inside));
            assert.equal(rollup.first, inside[0]);
            assert.equal(rollup.last, inside.at(-1));
            assert.ok(Math.abs(rollup.sum - inside.reduce((a, b) => a + b, 0)) < 1e-6);
          }
        }
      },
    ),
    { numRuns: 100 },
  );
});

test('a counter keeps its increase over resets through rollups and widening', () => {
  const values = Float64Array.from({ length: 600 }, (_, i) => (i % 250) * 3);
  const at = values.map((_, i) => 1_700_000_400_000 + i * 10_000);
  let increase = 0;
  for (let i = 1; i < values.length; i++) {
    const step = (values[i] ?? 0) - (values[i - 1] ?? 0);
    increase += step >= 0 ? step : (values[i] ?? 0);
  }
  const [whole] = widen(rollUp({ at, values }, fineMs, 0), 1e15);
  assert.ok(whole);
  assert.equal(whole.last - whole.first + whole.dropped, increase);
});

test('samples that are no number are left out of rollups', () => {
  const at = Float64Array.of(0, 1, 2, 400_000);
  const rollups = rollUp({ at, values: Float64Array.of(1, Number.NaN, 3, Number.NaN) }, fineMs, -1);
  assert.equal(rollups.length, 1);
  assert.equal(rollups[0]?.count, 2);
  assert.equal(rollups[0]?.sum, 4);
});
