import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { contrast, readable } from './contrast.ts';
import { styleSheet } from './style.ts';

test('the colour of a team stays where it can be read, and is lightened in the dark as little as it takes', () => {
  assert.equal(readable('#c0187a', ['#ffffff'], 'black'), '#c0187a');
  assert.ok(contrast('#c0187a', '#181c22') < 4.5);
  const sheet = styleSheet('#c0187a');
  const [light = '', dark = ''] = [...sheet.matchAll(/:root\{--accent:(#\w{6})\}/g)].map(([, one]) => one);
  assert.equal(light, '#c0187a');
  assert.ok(contrast(dark, '#181c22') >= 4.5 && contrast(dark, '#181c22') < 4.8, dark);
  assert.equal(contrast('#000000', '#ffffff'), 21);
});

test('whatever the colour, links can be read in both themes', () => {
  const hex = fc.integer({ min: 0, max: 0xffffff }).map((n) => `#${n.toString(16).padStart(6, '0')}`);
  fc.assert(
    fc.property(hex, (colour) => {
      assert.ok(contrast(readable(colour, ['#ffffff', '#f6f7f9'], 'black'), '#f6f7f9') >= 4.5);
      assert.ok(contrast(readable(colour, ['#181c22', '#0f1216'], 'white'), '#181c22') >= 4.5);
    }),
  );
});
