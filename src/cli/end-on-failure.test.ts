import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { fakeClock } from '../../test/simulation/fake-clock.ts';
import { endOnFailure } from './end-on-failure.ts';
import { leaveWithinMs } from './stop-on-signals.ts';

function watched(stop: () => Promise<void>) {
  const [clock, from, ends] = [fakeClock(0, async () => {}), new EventEmitter(), new EventEmitter()];
  const logged: string[] = [];
  const told: unknown[] = [];
  const write = (text: string) => void logged.push(text);
  const off = endOnFailure({
    ...{ clock, from, log: { info: write, warn: write, error: write } },
    stop(failure) {
      told.push(failure.error);
      return stop();
    },
    leave: (code) => void ends.emit('left', code),
  });
  return { clock, from, ends, logged, told, off };
}

test('a failure is logged, stops in order and leaves with a code to be started anew by', async () => {
  const { from, ends, logged, told } = watched(async () => {});
  const left = once(ends, 'left');
  from.emit('uncaughtException', new Error('token=abc was refused'));
  from.emit('uncaughtException', new Error('second'));
  from.emit('uncaughtException', new Error('third'));
  assert.deepEqual(await left, [1]);
  assert.deepEqual(told, ['Error: token=(hidden) was refused']);
  assert.deepEqual(logged, [
    'Upkeep itself failed: Error: token=(hidden) was refused; it stops, to be started anew',
    'Upkeep failed again while it stopped',
  ]);
});

test('a stop that fails, or hangs, keeps nobody', async () => {
  const failing = watched(async () => {
    throw new Error('the store is gone');
  });
  const left = once(failing.ends, 'left');
  failing.from.emit('uncaughtException', new Error('first'));
  assert.deepEqual(await left, [1]);
  assert.match(failing.logged.at(-1) ?? '', /could not stop in order/);
  const hanging = watched(() => new Promise(() => {}));
  const code = once(hanging.ends, 'left');
  hanging.from.emit('uncaughtException', new Error('first'));
  await hanging.clock.runUntil(leaveWithinMs);
  assert.deepEqual(await code, [1]);
});

test('nothing listens once it is over', () => {
  const { from, off } = watched(async () => {});
  off();
  assert.equal(from.listenerCount('uncaughtException'), 0);
});
