import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keptName } from './database-swap.ts';

test('a database that is kept gets a name of its own, also when two restores fall into one second', () => {
  const first = keptName('shop', '20261123144025');
  assert.equal(first, 'shop_before_20261123144025');
  const second = keptName('shop', '20261123144025', ['shop', first]);
  assert.equal(second, 'shop_before_202611231440252');
  assert.equal(keptName('shop', '20261123144025', [first, second]), 'shop_before_202611231440253');
  assert.ok(keptName('s'.repeat(63), '20261123144025', ['x']).length <= 63);
});
