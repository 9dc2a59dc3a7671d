import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { fakeClock } from '../../test/simulation/fake-clock.ts';
import { leaveWithinMs, stopOnSignals } from './stop-on-signals.ts';

function started() {
  const [clock, from, stop] = [fakeClock(0, async () => {}), new EventEmitter(), new AbortController()];
  const left: number[] = [];
  const done = stopOnSignals(stop, { clock, from, leave: (code) => void left.push(code) });
  return { clock, from, stop, left, done };
}

test('the first signal stops in order; what hangs is left when its time is up', async () => {
  const { clock, from, stop, left } = started();
  from.emit('SIGTERM');
  assert.deepEqual([stop.signal.aborted, left], [true, []]);
  await clock.runUntil(leaveWithinMs - 1);
  assert.deepEqual(left, []);
  await clock.runUntil(leaveWithinMs);
  assert.deepEqual(left, [143]);
});

test('who asks twice does not wait', () => {
  const { from, left } = started();
  from.emit('SIGTERM');
  from.emit('SIGINT');
  assert.deepEqual(left, [130]);
});

test('a stop that came to its end is left alone', async () => {
  const { clock, from, left, done } = started();
  from.emit('SIGTERM');
  done();
  await clock.runUntil(2 * leaveWithinMs);
  assert.deepEqual([left, from.listenerCount('SIGTERM')], [[], 0]);
});
