/** A clock that only moves when told: a month passes in seconds, and twice the same way. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../src/core/time.ts';
import { dueQueue } from '../../src/pipeline/due-queue.ts';

export interface FakeClock extends Clock {
  /** Lets time pass up to `to`, waking every timer at its own moment. */
  runUntil(to: number): Promise<void>;
  /** The machine sleeps: time passes, no timer wakes until it is over. */
  suspend(ms: number): void;
  /** Somebody sets the wall clock. */
  setWall(to: number): void;
}

/** @param settled waits until everything that was begun has come as far as it can without time */
export function fakeClock(start: number, settled: () => Promise<void> = turn): FakeClock {
  const timers = dueQueue<{ wake: (() => void) | null }>();
  let mono = 0;
  let offset = start;

  function after(ms: number, wake: () => void) {
    const entry: { wake: (() => void) | null } = { wake };
    timers.push(mono + Math.max(0, ms), entry);
    return () => {
      entry.wake = null;
    };
  }

  return {
    now: () => Math.floor(offset + mono),
    monotonic: () => mono,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const cancel = after(ms, resolve);
        signal?.addEventListener('abort', () => {
          cancel();
          reject(signal.reason);
        });
      }),
    async runUntil(to) {
      // What was begun before sets its timers first.
      await settled();
      for (let next = timers.peek(); next && offset + next.due <= to; next = timers.peek()) {
        timers.pop();
        if (next.item.wake === null) continue;
        mono = Math.max(mono, next.due);
        next.item.wake();
        // Everything that this wake-up leads to is settled before time goes on.
        await settled();
      }
      mono = Math.max(mono, to - offset);
      await settled();
    },
    suspend(ms) {
      mono += ms;
    },
    setWall(to) {
      offset = to - mono;
    },
  };
}
