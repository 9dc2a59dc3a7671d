import assert from 'node:assert/strict';
import { test } from 'node:test';
import { burnCall } from './call.ts';

test('a burn calls somebody only while its alert fires and nobody is on it', () => {
  const firing = { state: 'firing', heldBy: null } as const;
  const open = { status: 'open', acknowledgedBy: null };
  assert.deepEqual(burnCall(firing, open), { kind: 'calls' });
  assert.deepEqual(burnCall(firing, { status: 'acknowledged', acknowledgedBy: 'ann' }), {
    kind: 'acknowledged',
    by: 'ann',
  });
  assert.deepEqual(burnCall({ ...firing, heldBy: 'resolved:1' }, undefined), { kind: 'over' });
  assert.deepEqual(burnCall({ ...firing, heldBy: 'silence:1' }, undefined), { kind: 'held' });
  assert.deepEqual(burnCall(undefined, undefined), { kind: 'none' });
});
