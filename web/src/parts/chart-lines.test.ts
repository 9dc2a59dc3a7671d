import assert from 'node:assert/strict';
import { test } from 'node:test';
import { besideEachOther } from './chart-lines.ts';

test('words of lines that lie close stand beside each other, those of lines apart below each other', () => {
  const lines = [
    { value: 1, words: 'ticket 1 ×' },
    { value: 14.4, words: 'page 14.4 ×' },
    { value: 6, words: 'page 6 ×' },
  ];
  const close = besideEachOther(lines, { y: (value) => 100 - value / 2, end: 400 });
  assert.deepEqual(
    close.map(({ words }) => words),
    ['page 14.4 ×', 'page 6 ×', 'ticket 1 ×'],
  );
  const ends = close.map(({ end }) => end);
  assert.equal(ends[0], 400);
  assert.ok((ends[1] ?? 0) <= 400 - 11 * 7 && (ends[2] ?? 0) <= (ends[1] ?? 0) - 8 * 7, String(ends));
  const apart = besideEachOther(lines, { y: (value) => 100 - value * 20, end: 400 });
  assert.deepEqual(new Set(apart.map(({ end }) => end)), new Set([400]));
});
