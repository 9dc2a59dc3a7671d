import type { Clock } from '../core/time.ts';

/** Resolves with the work or after that time, whichever comes first; leaves no timer that would keep a process alive. */
export function atMost(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve);
    const end = () => {
      cancel();
      resolve();
    };
    work.then(end, end);
  });
}
