import assert from 'node:assert/strict';
import { test } from 'node:test';
import { count, often } from './count.ts';

test('one is said in the singular, none and many in the plural', () => {
  assert.deepEqual(
    [0, 1, 2].map((n) => count(n, 'page')),
    ['0 pages', '1 page', '2 pages'],
  );
  assert.equal(count(1, 'entry', 'entries'), '1 entry');
  assert.equal(count(2, 'session waits', 'sessions wait'), '2 sessions wait');
  assert.deepEqual([1, 3].map(often), ['once', '3 times']);
});
