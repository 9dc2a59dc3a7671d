import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differencesBetween, summaryOfDifferences } from './change.ts';

test('differences are told by name: changed, new and gone', () => {
  assert.deepEqual(differencesBetween({ a: '1', b: '2', c: '3' }, { c: '4', a: '1', d: '5' }), [
    { name: 'b', before: '2', after: null },
    { name: 'c', before: '3', after: '4' },
    { name: 'd', before: null, after: '5' },
  ]);
  assert.deepEqual(differencesBetween({ a: '1' }, { a: '1' }), []);
});

test('what was changed reads as one line, however much it was', () => {
  const differences = differencesBetween({ work_mem: '4MB', ssl: 'on' }, { work_mem: '64kB', jit: 'on' });
  assert.equal(summaryOfDifferences(differences), 'jit new: on; ssl gone (was on); work_mem 4MB -> 64kB');
  const many = differencesBetween(
    {},
    Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`k${i}`, 'v'])),
  );
  assert.equal(summaryOfDifferences(many), 'k0 new: v; k1 new: v; k2 new: v and 6 more');
  const long = differencesBetween({ text: 'x'.repeat(500) }, { text: 'y' });
  assert.ok(summaryOfDifferences(long).length < 200);
});
