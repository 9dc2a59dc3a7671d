/** Keys that went away all at once. */
import type { Reading } from '../../../core/sample.ts';
import type { ProbeContext } from '../../../core/system.ts';
import type { RedisConnection } from '../client.ts';

/** Compared with the most there were in this time, so that a wave over some minutes is seen as one. */
const lookBackMs = 5 * 60_000;
/** Of fewer keys half may go without anybody noticing (J). */
const fewestKeys = 1_000;

const seen = new WeakMap<RedisConnection, { readonly at: number; readonly keys: number }[]>();

/** A queue is emptied by its workers: nothing is said of it. */
export function lostKeys(conn: RedisConnection, keys: number, ctx: ProbeContext): Reading[] {
  if (conn.config.role === 'queue') return [];
  const now = ctx.clock.monotonic();
  const recent = [...(seen.get(conn) ?? []), { at: now, keys }].filter(({ at }) => now - at <= lookBackMs);
  seen.set(conn, recent);
  const most = Math.max(...recent.map((one) => one.keys));
  return [{ metric: 'redis.keys.lost_ratio', value: most < fewestKeys ? 0 : 1 - keys / most }];
}
