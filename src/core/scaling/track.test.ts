import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { copiesFor, defaultScaling, type Load } from './track.ts';

const now = 10_000_000;
/** A sample each ten seconds. */
const steady = (load: number, forMs: number): Load[] =>
  Array.from({ length: forMs / 10_000 + 1 }, (_, index) => ({ at: now - forMs + index * 10_000, load }));
const decide = (copies: number, loads: readonly Load[], changedAt: number | null = null) =>
  copiesFor(defaultScaling, copies, loads, changedAt, now);

test('out after a minute above the target, by as many as bring it back', () => {
  assert.deepEqual(decide(1, steady(0.95, 60_000)), { copies: 2, reason: 'load-above-target' });
  assert.deepEqual(decide(2, steady(1, 60_000)), { copies: 3, reason: 'load-above-target' });
  assert.equal(decide(4, steady(1, 60_000)).reason, 'at-most');
});

test('a peak of less than a minute, and a minute with one quiet moment, change nothing', () => {
  assert.equal(decide(1, steady(0.95, 40_000)).reason, 'load-unknown');
  const dip = steady(0.95, 60_000).map((one, index) => (index === 3 ? { ...one, load: 0.5 } : one));
  assert.deepEqual(decide(1, dip), { copies: 1, reason: 'steady' });
});

test('in by one after five quiet minutes, when the rest can bear it', () => {
  assert.deepEqual(decide(3, steady(0.2, 300_000)), { copies: 2, reason: 'load-below-target' });
  assert.equal(decide(3, steady(0.2, 200_000)).reason, 'steady');
  assert.equal(decide(2, steady(0.4, 300_000)).reason, 'steady');
  assert.equal(decide(1, steady(0.1, 300_000)).reason, 'at-least');
});

test('after a change it waits, and then looks only at what was measured since', () => {
  assert.equal(decide(1, steady(1, 60_000), now - 60_000).reason, 'cooling-down');
  assert.equal(decide(2, steady(0.1, 300_000), now - 130_000).reason, 'steady');
});

test('what is not measured changes nothing; bounds are kept whatever the load', () => {
  assert.equal(decide(2, []).reason, 'load-unknown');
  assert.deepEqual(decide(0, []), { copies: 1, reason: 'below-least' });
  assert.deepEqual(decide(9, []), { copies: 4, reason: 'above-most' });
});

test('never out of bounds, never in by more than one, and never back at once', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.array(
        fc.record({
          at: fc.integer({ min: now - 400_000, max: now }),
          load: fc.float({ min: 0, max: 1, noNaN: true }),
        }),
      ),
      (copies, loads) => {
        const sorted = loads.toSorted((a, b) => a.at - b.at);
        const first = copiesFor(defaultScaling, copies, sorted, null, now);
        assert.ok(first.copies >= 1 && first.copies <= 4 && first.copies >= copies - 1);
        const second = copiesFor(defaultScaling, first.copies, sorted, now, now + 1_000);
        assert.equal(second.copies, first.copies);
      },
    ),
  );
});
