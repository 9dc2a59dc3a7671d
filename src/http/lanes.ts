import { UpkeepError } from '../core/verb.ts';

export type Lane = ReturnType<typeof createLanes>;

/**
 * Runs at most `width` works at a time and lets at most `queue` wait. A password takes 32 MiB and a thread for tenths
 * of a second; strangers must not take those from the checks.
 */
export function createLanes({ width, queue }: { readonly width: number; readonly queue: number }) {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async function run<T>(work: () => Promise<T>): Promise<T> {
    if (running >= width) {
      if (waiting.length >= queue)
        throw new UpkeepError('too-many-attempts', 'too many sign in at this moment; try again in 5 s');
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running++;
    }
    try {
      return await work();
    } finally {
      // Whoever waits takes this lane over, so the count stays.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
