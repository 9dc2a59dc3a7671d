import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lineDiff } from './configuration-file.ts';

const text = (lines: readonly string[]) => lines.join('\n');

test('the lines that differ are told with what stands around them', () => {
  const before = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  const diff = lineDiff(text(before), text(before.map((line) => (line === 'b' ? 'B' : line))));
  assert.deepEqual(
    diff.map(({ kind, text }) => `${kind[0]} ${text}`),
    ['s a', 'r b', 'a B', 's c', 's d', 's e', 's …'],
  );
  assert.deepEqual(lineDiff('same', 'same'), []);
});

test('what is not removed is the new text, what is not added the old one', () => {
  const some = fc.array(fc.constantFrom('x', 'y', 'z', ''), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(some, some, (old, next) => {
      if (text(old) === text(next)) return;
      const diff = lineDiff(text(old), text(next));
      const of = (left: string) => diff.filter(({ kind }) => kind !== left).map((line) => line.text);
      assert.deepEqual(of('added'), old);
      assert.deepEqual(of('removed'), next);
    }),
  );
});
