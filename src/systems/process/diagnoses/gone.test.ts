import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gone } from './gone.ts';

const explain = (detail: string) => {
  const base = { target: 'app', title: 'x', at: 1, how: 'x' };
  const [finding] = gone.conclude(
    [
      { ...base, id: 'app.process-state', facts: { found: 'gone', detail } },
      {
        ...base,
        id: 'app.process-history',
        facts: { lastPid: 812, endOfLastStart: null, canBeStarted: true },
      },
    ],
    'app',
  );
  return finding?.explanation;
};

test('the pid that the process had is said once', () => {
  assert.equal(explain('not running: no process 812 (app.pid)'), 'not running: no process 812 (app.pid).');
  assert.equal(explain('not running: no process 8'), 'not running: no process 8. It last ran as pid 812.');
});
