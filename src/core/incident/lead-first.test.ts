import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leadFirst } from './lead-first.ts';

test('the target that leads comes first, the others by name with figures as numbers', () => {
  assert.deepEqual(leadFirst(['app10', 'app2', 'db', 'app1'], 'db'), ['db', 'app1', 'app2', 'app10']);
  assert.deepEqual(leadFirst(['b', 'a'], 'host'), ['a', 'b'], 'nothing of what leads fires');
});
