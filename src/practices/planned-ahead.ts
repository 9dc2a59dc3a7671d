/**
 * What was planned by a clock that was ahead would wait for as long as it was ahead, and hold back what is planned now. It is
 * planned anew by a timer, which runs on whatever becomes of the clock.
 */
import type { Desk } from '../pipeline/desk.ts';
import { withdrawAfter } from '../store/jobs-ahead.ts';

export interface Planned {
  /** `backups`, as people call them. */
  readonly what: string;
  /** So far ahead each kind of job is planned at most, in milliseconds. */
  readonly longestWaitMs: Readonly<Record<string, number>>;
  again(): Promise<void>;
}

export interface PlannedAhead {
  look(): Promise<void>;
  /** Looks every quarter of an hour. */
  start(): void;
  stop(): void;
}

const lookEveryMs = 15 * 60_000;

export function followPlanned(
  { clock, store, log, changed }: Pick<Desk, 'clock' | 'store' | 'log' | 'changed'>,
  all: readonly Planned[],
): PlannedAhead {
  let cancel = () => {};
  let isStopped = false;

  async function lookAt({ what, longestWaitMs, again }: Planned): Promise<void> {
    const now = clock.now();
    const withdrawn = await store.transaction(async (tx) => {
      let count = 0;
      for (const [kind, ms] of Object.entries(longestWaitMs))
        count += await withdrawAfter(tx, kind, now + ms);
      return count;
    });
    if (withdrawn === 0) return;
    log.warn(`${what} were planned by a clock that was ahead, and are planned anew`, { jobs: withdrawn });
    await again();
    changed();
  }

  async function look(): Promise<void> {
    for (const one of all) await lookAt(one);
  }

  function start(): void {
    cancel();
    if (isStopped) return;
    cancel = clock.after(lookEveryMs, () => {
      look()
        .catch((error: unknown) =>
          log.error('what was planned ahead could not be looked at', { error: String(error) }),
        )
        .finally(start);
    });
  }

  return {
    look,
    start,
    stop() {
      isStopped = true;
      cancel();
    },
  };
}
