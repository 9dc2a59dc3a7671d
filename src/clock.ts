/** The only door to time. Everything else takes a `Clock` as an argument. */
import { setTimeout as sleepFor } from 'node:timers/promises';
import { Cron } from 'croner';
import type { Clock } from './core/time.ts';

/** Longest span a timer can hold (2^31-1 ms); longer sleeps are made of several. */
const longestTimerMs = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    for (let left = ms; left > 0; left -= longestTimerMs) {
      await sleepFor(Math.min(left, longestTimerMs), undefined, signal ? { signal } : undefined);
    }
  },
  after(ms, wake) {
    const timer = setTimeout(wake, Math.min(Math.max(ms, 0), longestTimerMs));
    return () => clearTimeout(timer);
  },
};

/** RFC 3339 in UTC. */
export function timestamp(at: number): string {
  return new Date(at).toISOString();
}

/** When a cron pattern comes next after `after`, in the given time zone; daylight saving is croner's care. */
export function nextRun(pattern: string, timezone: string, after: number): number | null {
  return new Cron(pattern, { timezone, paused: true }).nextRun(new Date(after))?.getTime() ?? null;
}
