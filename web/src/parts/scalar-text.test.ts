import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scalarText } from './scalar-text.ts';

test('a value has the unit that its name tells, and no word of a program', () => {
  assert.equal(scalarText(671, 'noiseMs'), '671 ms');
  assert.equal(scalarText(5_368_709_120, 'sizeBytes'), '5 GiB');
  assert.equal(scalarText(true, 'isThisMachine'), 'yes');
  assert.equal(scalarText(null, 'keeper'), '–');
  assert.equal(scalarText({ downSeconds: 90, by: ['a', 'b'] }), 'down 1 m 30 s; by a, b');
});
