import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overviewSearch, targetSearch } from './search.ts';

test('what an address carries and is not known is left out', () => {
  assert.deepEqual(overviewSearch({ q: 7, health: 'green', system: '' }), {
    q: '7',
    health: undefined,
    system: undefined,
  });
  const { range, from, to } = targetSearch({ range: '3y', from: '200', to: 100 });
  assert.deepEqual([range, from, to], [undefined, undefined, undefined]);
});

test('a fixed piece of time needs both ends', () => {
  assert.equal(targetSearch({ from: 100 }).from, undefined);
  const { from, to } = targetSearch({ from: 100, to: '200' });
  assert.deepEqual([from, to], [100, 200]);
});
