import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatAvailability,
  formatBytes,
  formatCount,
  formatDrawn,
  formatSeconds,
  formatValue,
  unknownText,
} from './numbers.ts';
import { formatAge, formatDay, formatMoment, formatPlanned, formatSpan } from './time.ts';
import { browserZone, setTeamZone } from './zone.ts';

test('seconds are told in the unit that people would choose', () => {
  assert.equal(formatSeconds(0), '0 ms');
  assert.equal(formatSeconds(0.000_25), '250 µs');
  assert.equal(formatSeconds(0.1234), '123 ms');
  assert.equal(formatSeconds(1.84), '1.84 s');
  assert.equal(formatSeconds(300), '5 m');
  assert.equal(formatSeconds(61 * 86_400), '61 d');
});

test('an availability below a hundred never reads as a hundred', () => {
  assert.equal(formatAvailability(0.999_999), '99.999 %');
  assert.equal(formatAvailability(1), '100 %');
});

test('an unknown value is a dash, not a zero', () => {
  assert.equal(formatValue(null, 'count'), unknownText);
  assert.equal(formatDrawn(undefined, 'bytes', 'gauge'), unknownText);
  assert.equal(formatValue(0, 'count'), '0');
});

test('small counts keep what tells them from zero', () => {
  assert.equal(formatCount(0.004_14), '0.00414');
  assert.equal(formatCount(12_345), '12,345');
  assert.equal(formatDrawn(0.5, 'count', 'counter'), '0.5/s');
  assert.equal(formatBytes(21_474_836_480), '20 GiB');
});

test('spans have two units and round down', () => {
  assert.equal(formatSpan(0), '0 s');
  assert.equal(formatSpan(59_999), '59 s');
  assert.equal(formatSpan(200_000), '3 m 20 s');
  assert.equal(formatSpan(3_600_000), '1 h');
  assert.equal(formatSpan(6 * 86_400_000 + 4 * 3_600_000 + 59 * 60_000), '6 d 4 h');
  assert.equal(formatAge(1_000, 43_000), '42 s ago');
  assert.equal(formatAge(43_000, 1_000), 'in 42 s');
});

test('dates are written year first in the zone of the team, whatever the browser prefers', (t) => {
  t.after(() => setTeamZone(browserZone));
  setTeamZone('Australia/Sydney');
  const at = Date.parse('2026-11-22T17:41:12Z');
  assert.match(formatMoment(at), /^Mon 2026-11-23 04:41:12 (GMT\+11|AEDT)$/);
  assert.equal(formatPlanned(at), 'Mon 2026-11-23 04:41');
  assert.equal(formatDay(at), '23 Nov');
});
