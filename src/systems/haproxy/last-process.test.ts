import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fateOf, rememberProcess } from './last-process.ts';

const running = (pid: number, startedAt: number) =>
  ({ pid, startTicks: startedAt, startedAt, name: 'haproxy', state: 'running' }) as const;

test('what ran before it answered last is another, what began after it may be the same', () => {
  const last = { pid: 7, startTicks: 100, answeredAt: 500 };
  assert.equal(fateOf(undefined, [running(7, 100)]), 'unknown');
  assert.equal(fateOf(last, [running(7, 100)]), 'runs');
  assert.equal(fateOf(last, [running(7, 300)]), 'ended', 'its pid went to another');
  assert.equal(fateOf(last, [running(8, 300)]), 'ended');
  assert.equal(fateOf(last, [running(8, 300), running(9, 600)]), 'another-began');
});

test('a pid that is none of this machine is not remembered', async () => {
  const processes = rememberProcess();
  await processes.note(7, 500, async () => running(7, 100));
  assert.equal(processes.last()?.pid, 7);
  await processes.note(8, 600, async () => ({ ...running(8, 100), name: 'kthreadd' }));
  assert.equal(processes.last(), undefined);
});
