import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gone } from './gone.ts';

const explain = (detail: string, kill: Record<string, string | number | null> = {}) => {
  const base = { target: 'app', title: 'x', at: 1, how: 'x' };
  const [finding] = gone.conclude(
    [
      { ...base, id: 'app.process-state', facts: { found: 'gone', detail } },
      {
        ...base,
        id: 'app.process-history',
        facts: { lastPid: 812, endOfLastStart: null, canBeStarted: true },
      },
      { ...base, id: 'app.kernel-kills', facts: { pid: 812, killedAt: null, ...kill } },
    ],
    'app',
  );
  return finding?.explanation;
};

test('the pid that the process had is said once', () => {
  assert.equal(explain('not running: no process 812 (app.pid)'), 'not running: no process 812 (app.pid).');
  assert.equal(explain('not running: no process 8'), 'not running: no process 8. It last ran as pid 812.');
});

test('that the kernel killed it is said of its own pid only', () => {
  assert.equal(explain('not running'), 'not running. It last ran as pid 812.');
  assert.equal(
    explain('not running', { killedAt: '2026-11-22T20:00:00Z', cgroup: '/app.service' }),
    'not running. It last ran as pid 812. The kernel killed pid 812 for want of memory in /app.service.',
  );
});
