import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeChunk, encodeChunk } from './chunk.ts';
import { DamagedBlob } from './envelope.ts';
import { JournalWriter, readJournal } from './journal.ts';

const anyDouble = fc.double({ noDefaultInfinity: false, noNaN: false });
const measured = fc.oneof(
  anyDouble,
  fc.integer().map((n) => n / 100),
  fc.integer({ min: 0, max: 2 ** 31 }),
  fc.maxSafeInteger(),
  fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity, 5e-324, Number.MAX_VALUE, 0.1 + 0.2, 2 ** 53),
);
const columns = fc.oneof(
  fc.array(measured, { minLength: 1, maxLength: 200 }),
  fc.array(anyDouble, { minLength: 1, maxLength: 200 }),
  fc.array(
    fc.integer({ min: -1e9, max: 1e9 }).map((n) => n / 1e6),
    { minLength: 1, maxLength: 200 },
  ),
);

function ascending(steps: readonly number[], first: number): Float64Array {
  let now = first;
  return Float64Array.from(steps, (step) => {
    now += step;
    return now;
  });
}

test('a chunk gives back every double and every time', () => {
  fc.assert(
    fc.property(
      columns,
      fc.integer({ min: -(2 ** 40), max: 2 ** 50 }),
      fc.array(fc.oneof(fc.constant(10_000), fc.integer({ min: 1, max: 2 ** 33 })), {
        minLength: 200,
        maxLength: 200,
      }),
      (values, first, steps) => {
        const points = {
          at: ascending(steps.slice(0, values.length), first),
          values: Float64Array.from(values),
        };
        const back = decodeChunk(encodeChunk(points));
        assert.deepEqual(back.at, points.at);
        assert.equal(back.values.length, values.length);
        for (const [i, value] of values.entries()) assert.ok(Object.is(back.values[i], value), `${value}`);
      },
    ),
    { numRuns: 500 },
  );
});

test('a journal row gives back every sample in order', () => {
  const sample = fc.tuple(
    fc.integer({ min: 0, max: 2 ** 31 }),
    fc.integer({ min: -(2 ** 50), max: 2 ** 50 }),
    measured,
  );
  fc.assert(
    fc.property(fc.array(sample), (samples) => {
      const writer = new JournalWriter();
      for (const [series, at, value] of samples) writer.add(series, at, value);
      const back: [number, number, number][] = [];
      readJournal(writer.finish(), (...entry) => back.push(entry));
      assert.deepEqual(back, samples);
    }),
  );
});

test('any changed byte of a chunk is noticed', () => {
  const at = Float64Array.from({ length: 300 }, (_, i) => 1_700_000_000_000 + i * 10_000);
  const blob = encodeChunk({ at, values: at.map((_, i) => Math.sin(i)) });
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: blob.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      (where, mask) => {
        const changed = blob.slice();
        changed[where] = (changed[where] ?? 0) ^ mask;
        assert.throws(() => decodeChunk(changed), DamagedBlob);
      },
    ),
  );
  assert.throws(() => decodeChunk(blob.subarray(0, 4)), DamagedBlob);
});

test('short decimals on a regular grid take few bytes', () => {
  const at = Float64Array.from({ length: 720 }, (_, i) => 1_700_000_000_000 + i * 10_000);
  const constant = encodeChunk({ at, values: at.map(() => 42.5) });
  assert.ok(constant.length < 60, `constant: ${constant.length} bytes`);
  const counter = encodeChunk({ at, values: at.map((_, i) => 1e6 + i * 137 + (i % 7)) });
  assert.ok(counter.length < 720 * 1.5, `counter: ${counter.length} bytes`);
});
