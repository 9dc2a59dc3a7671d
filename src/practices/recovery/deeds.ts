/** Work that takes longer than an action may: it goes on by itself, and whoever verifies the action asks how far it is. */
import type { Clock } from '../../core/time.ts';
import { messageOf } from './ground.ts';

export type Deed =
  | { readonly state: 'under-way' }
  | { readonly state: 'done'; readonly detail: string }
  | { readonly state: 'failed'; readonly detail: string };

export interface Deeds {
  /** Gives what came of it, or `said` where that takes longer; throws what it throws meanwhile. */
  begin(key: string, said: string, work: () => Promise<string>): Promise<string>;
  /** Undefined for what this process never began. */
  of(key: string): Deed | undefined;
}

/** Well below what an action is given to be applied. */
const answerWithinMs = 15_000;

export function createDeeds(clock: Clock): Deeds {
  const deeds = new Map<string, Deed>();
  return {
    of: (key) => deeds.get(key),
    async begin(key, said, work) {
      deeds.set(key, { state: 'under-way' });
      const stop = new AbortController();
      const working = work()
        .then(
          (detail) => {
            deeds.set(key, { state: 'done', detail });
            return detail;
          },
          (error: unknown) => {
            deeds.set(key, { state: 'failed', detail: messageOf(error) });
            throw error;
          },
        )
        .finally(() => stop.abort());
      const waited = clock.sleep(answerWithinMs, stop.signal).then(
        () => said,
        () => working,
      );
      return Promise.race([working, waited]);
    },
  };
}
