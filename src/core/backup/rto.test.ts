import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { restoreAtSize, restoredSize } from './rto.ts';

test('a restore is foretold from the rates that were measured', () => {
  const machine = fc.record({
    perGb: fc.integer({ min: 500, max: 20_000 }),
    start: fc.integer({ min: 200, max: 5_000 }),
    perLogGb: fc.integer({ min: 500, max: 60_000 }),
  });
  const sizes = fc.array(
    fc.record({ gb: fc.integer({ min: 1, max: 50 }), logGb: fc.integer({ min: 1, max: 20 }) }),
    { minLength: 2, maxLength: 9 },
  );
  fc.assert(
    fc.property(machine, sizes, ({ perGb, start, perLogGb }, seen) => {
      const measured = seen.map(({ gb, logGb }) => ({
        ...{ bytes: gb * 1e9, copyMs: gb * perGb, logBytes: logGb * 1e9, replayMs: start + logGb * perLogGb },
      }));
      const most = Math.max(...seen.map(({ logGb }) => logGb));
      if (most < 1.5 * Math.min(...seen.map(({ logGb }) => logGb))) return;
      const at = (logGb: number) => {
        const foretold = restoreAtSize(measured, { bytes: 100e9, logBytes: logGb * 1e9, isReckoned: false });
        assert.ok(foretold);
        return { ...foretold, truth: 100 * perGb + start + logGb * perLogGb };
      };
      const near = at(2 * most);
      assert.ok(Math.abs(near.ms - near.truth) <= near.truth * 0.001 + 2, `${near.ms} of ${near.truth}`);
      assert.equal(near.guess, null);
      const far = at(30 * most);
      assert.ok(far.ms >= far.truth * 0.999 - 2, `${far.ms} is less than ${far.truth}`);
      assert.match(far.guess ?? '', /of log would be replayed, [\d.]+ GiB at most ever were/);
    }),
  );
});

test('two replays of nearly the same log, on a busy machine, foretell no days', () => {
  const measured = [
    { bytes: 48e6, copyMs: 500, logBytes: 17_000_112, replayMs: 1_400 },
    { bytes: 48e6, copyMs: 500, logBytes: 17_000_000, replayMs: 751 },
  ];
  const now = restoreAtSize(measured, { bytes: 48e6, logBytes: 60e6, isReckoned: false });
  assert.ok(now && now.ms < 6_000, `${now?.ms}`);
  const tiny = measured.map((one) => ({ ...one, logBytes: one.logBytes - 16_999_000 }));
  const then = restoreAtSize(tiny, { bytes: 48e6, logBytes: 60e6, isReckoned: false });
  assert.ok(then && then.ms < 8_000, `${then?.ms}`);
});

test('it is never more than the slowest of what was measured, by the byte', () => {
  const natural = (max: number) => fc.integer({ min: 0, max });
  const size = fc.record({
    ...{ bytes: fc.integer({ min: 1, max: 1e12 }), copyMs: natural(1e8) },
    ...{ logBytes: natural(1e12), replayMs: natural(1e8) },
  });
  const sizes = fc.array(size, { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(sizes, natural(1e12), natural(1e12), (measured, bytes, logBytes) => {
      const foretold = restoreAtSize(measured, { bytes, logBytes, isReckoned: false });
      const most = (of: (one: (typeof measured)[number]) => number) => Math.max(...measured.map(of));
      const bound =
        bytes * most((one) => one.copyMs / one.bytes) +
        most((one) => one.replayMs) +
        logBytes * most((one) => one.replayMs / Math.max(16 * 2 ** 20, one.logBytes));
      assert.ok(foretold && foretold.ms >= 0 && foretold.ms <= bound + 1, `${foretold?.ms} of ${bound}`);
    }),
    { numRuns: 2_000 },
  );
});

test('of one size, it is rather too long; of none, it is not known', () => {
  const one = { bytes: 1e9, copyMs: 1_000, logBytes: 1e8, replayMs: 500 };
  const of = (bytes: number, logBytes: number) =>
    restoreAtSize([one], { bytes, logBytes, isReckoned: false })?.ms;
  assert.equal(of(2e9, 2e8), 3_000);
  assert.equal(of(1e9, 0), 1_500);
  assert.equal(restoreAtSize([], { bytes: 1, logBytes: 1, isReckoned: false }), null);
});

test('replays of one file say nothing of the log that piled up since', () => {
  const small = [
    { bytes: 48e6, copyMs: 3_000, logBytes: 16e6, replayMs: 1_200 },
    { bytes: 48e6, copyMs: 3_000, logBytes: 32e6, replayMs: 1_300 },
  ];
  const now = restoreAtSize(small, { bytes: 48e6, logBytes: 500e6, isReckoned: true });
  assert.ok((now?.ms ?? 0) > 20_000, `${now?.ms}: by what was added between two files it were six seconds`);
  assert.match(
    now?.guess ?? '',
    /476\.8 MiB of log .* 30\.5 MiB at most ever were; that backup was never restored/,
  );
});

test('what a restore copies is what it copied before, not what the repository stores of it', () => {
  const look = { level: 3, good: true, detail: '', tookMs: 1 } as const;
  const proof = (bytes: number) => ({
    ...({ id: 'p', backup: 'b', at: 0, level: 6, isGood: true, restoredInMs: 1, restoredWith: '' } as const),
    looks: [{ ...look, measured: { until: null, lostMs: null, bytes, copyMs: 1, logBytes: 1, replayMs: 1 } }],
  });
  const full = { kind: 'full', bytes: 10, proofs: [proof(50)] } as const;
  const fresh = { kind: 'full', bytes: 30, proofs: [] } as const;
  const part = { kind: 'incremental', bytes: 2, proofs: [] } as const;
  assert.deepEqual(restoredSize(full, [fresh, full]), { bytes: 50, isReckoned: false });
  assert.deepEqual(restoredSize(fresh, [fresh, full]), { bytes: 150, isReckoned: true });
  assert.deepEqual(restoredSize(part, [part, full]), { bytes: 50, isReckoned: true });
});
