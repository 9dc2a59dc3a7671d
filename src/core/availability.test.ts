import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sayAvailability, sayObjective } from './availability.ts';

test('availabilities are cut to three decimals, or to those of their objective', () => {
  const said: readonly [number, number | null, string][] = [
    [0.978, null, '97.8 %'],
    [0.970417, 0.999, '97.041 %'],
    [0.999999, null, '99.999 %'],
    [0.999999, 0.99999, '99.999 %'],
    [0.9999912, 0.999995, '99.9991 %'],
    [0.57, null, '57 %'],
    [1, 0.99, '100 %'],
    [0, null, '0 %'],
    [1 - 1e-12, null, '99.999 %'],
  ];
  for (const [share, objective, text] of said) assert.equal(sayAvailability(share, objective), text);
  for (const text of ['99.95', '99.9', '99', '99.999', '99.9995'])
    assert.equal(sayObjective(Number(text) / 100), `${text} %`);
});

test('what misses an objective never reads as if it met it', () => {
  const share = fc.double({ min: 0.9, max: 0.999_999, noNaN: true });
  fc.assert(
    fc.property(share, fc.constantFrom(0.99, 0.999, 0.9995, 0.9999, 0.999_99), (measured, objective) => {
      const read = Number.parseFloat(sayAvailability(measured, objective));
      const set = Number.parseFloat(sayObjective(objective));
      if (measured < objective - 1e-9) assert.ok(read < set);
      else if (measured > objective + 1e-9) assert.ok(read >= set);
    }),
  );
});
