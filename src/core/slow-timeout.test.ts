import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slowTimeoutWarnings } from './slow-timeout.ts';

test('a timeout longer than the time between two checks is told with what it costs', () => {
  const target = (name: string, everyMs: number, timeoutMs: number) => ({ name, everyMs, timeoutMs });
  assert.deepEqual(slowTimeoutWarnings([target('web', 10_000, 10_000), target('db', 10_000, 30_000)]), [
    'targets.db: its timeout (30 s) is longer than its every (10 s): while it hangs it is asked each 30 s and seen to fail after 30 s. Choose a timeout of 10 s or less',
  ]);
});
