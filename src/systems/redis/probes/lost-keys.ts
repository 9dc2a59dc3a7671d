/** Keys that went away all at once. */
import type { Reading } from '../../../core/sample.ts';
import type { ProbeContext } from '../../../core/system.ts';
import type { RedisConnection } from '../client.ts';
import { type Counted, expiryRates } from '../expiry-rate.ts';

/** Compared with the most there were in this time, so that a wave over some minutes is seen as one. */
const lookBackMs = 5 * 60_000;
/** What was written in this time before says how fast keys go as ever. */
const usualMs = 15 * 60_000;
/** Of fewer keys half may go without anybody noticing (J). */
const fewestKeys = 1_000;
/** So much of what went must have expired for expiry to be the reason (J). */
const bulk = 0.6;

interface Seen extends Counted {
  /** Lookups that found nothing, since the server started. */
  readonly misses: number;
}

const seen = new WeakMap<RedisConnection, readonly Seen[]>();

/** A queue is emptied by its workers: nothing is said of it. */
export function lostKeys(conn: RedisConnection, now: Omit<Seen, 'at'>, ctx: ProbeContext): Reading[] {
  if (conn.config.role === 'queue') return [];
  const at = ctx.clock.monotonic();
  const recent = [...(seen.get(conn) ?? []), { ...now, at }].filter((one) => at - one.at <= usualMs);
  seen.set(conn, recent);
  return [{ metric: 'redis.keys.lost_ratio', value: lostShare(recent) }];
}

/**
 * Share of the keys of the last five minutes that is gone, 0 to 1. What ran out as fast as it had been written is no loss:
 * fewer keys are written. Nor is what expired and nobody missed.
 * @param moments oldest first; the last one is now
 */
export function lostShare(moments: readonly Seen[]): number {
  const now = moments.at(-1);
  if (now === undefined) return 0;
  const recent = moments.filter(({ at }) => now.at - at <= lookBackMs);
  const most = Math.max(...recent.map(({ keys }) => keys));
  const from = moments.findLastIndex(({ at, keys }) => now.at - at <= lookBackMs && keys === most);
  const before = moments[from];
  if (most < fewestKeys || before === undefined) return 0;
  const lost = most - now.keys;
  if (now.expired - before.expired < bulk * Math.max(lost, 1)) return lost / most;
  const isMissed = now.misses > before.misses;
  return isMissed && expiryRates(moments)(from, moments.length - 1).isBurst ? lost / most : 0;
}
