/** Token buckets by key: a burst, then a steady rate. In memory; a restart forgives. */
import type { Clock } from '../../core/time.ts';
import { UpkeepError } from '../../core/verb.ts';

const mostKept = 10_000;

/** The returned function throws UpkeepError too-many-attempts where the key has had its share. */
export function createRate(
  clock: Clock,
  { burst, everyMs }: { readonly burst: number; readonly everyMs: number },
): (key: string) => void {
  const buckets = new Map<string, { left: number; at: number }>();
  return (key) => {
    const now = clock.now();
    const before = buckets.get(key) ?? { left: burst, at: now };
    const refilled = Math.floor(Math.max(0, now - before.at) / everyMs);
    const left = Math.min(burst, before.left + refilled);
    if (left < 1)
      throw new UpkeepError(
        'too-many-attempts',
        `too many requests; try again in ${Math.ceil(everyMs / 1_000)} s`,
      );
    buckets.delete(key);
    const [oldest] = buckets.keys();
    if (buckets.size >= mostKept && oldest !== undefined) buckets.delete(oldest);
    buckets.set(key, { left: left - 1, at: left === burst ? now : before.at + refilled * everyMs });
  };
}
