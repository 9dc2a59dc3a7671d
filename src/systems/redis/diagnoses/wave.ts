/** A wave of keys that went, found in what was measured. Pure. */

export interface Moment {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly keys: number;
  /** Counters since the server started. */
  readonly expired: number;
  readonly evicted: number;
  readonly hits: number;
  readonly misses: number;
  readonly flushes: number;
}

export interface Wave {
  /** The last moment before it and the one at its end. */
  readonly fromAt: number;
  readonly toAt: number;
  readonly keysBefore: number;
  readonly keysAfter: number;
  readonly expired: number;
  readonly evicted: number;
  readonly flushes: number;
  /** The counters began anew within it. */
  readonly hasRestarted: boolean;
  /** Share of lookups that found their key in the ten minutes before and since; null below `fewestLookups`. */
  readonly hitsBefore: number | null;
  readonly hitsAfter: number | null;
}

const waveMs = 2 * 60_000;
const beforeMs = 10 * 60_000;
/** A ratio of fewer lookups says little (J). */
const fewestLookups = 100;
const fewestKeys = 1_000;
const share = 0.5;
/** Keys that are replaced as they go are a wave when they go so many times faster than before (J). */
const surge = 5;

/** The one that took the largest share of the keys; undefined where none took half of 1,000 or more. */
export function largestWave(moments: readonly Moment[]): Wave | undefined {
  let best: { readonly wave: Wave; readonly share: number } | undefined;
  for (let end = 1; end < moments.length; end++) {
    const last = moments[end];
    if (last === undefined) continue;
    for (let start = end - 1; start >= 0; start--) {
      const first = moments[start];
      // Two moments beside one another count, however far the check is apart.
      if (first === undefined || (last.at - first.at > waveMs && start < end - 1)) break;
      if (first.keys < fewestKeys) continue;
      const dropped = 1 - last.keys / first.keys;
      const gone = Math.max(dropped, replaced(moments, start, end));
      // The shortest stretch with the largest share: where it began and ended.
      if (gone < share || (best && gone <= best.share + 0.01)) continue;
      best = { wave: between(moments, start, end), share: gone };
    }
  }
  return best?.wave;
}

/** Share of the keys that expired or were evicted, where that is much more than before; 0 where it is as ever. */
function replaced(moments: readonly Moment[], start: number, end: number): number {
  const [first, last, oldest] = [moments[start], moments[end], moments[0]];
  if (!first || !last || !oldest || first === oldest) return 0;
  const went = (from: Moment, to: Moment) =>
    Math.max(0, to.expired - from.expired) + Math.max(0, to.evicted - from.evicted);
  const rate = went(first, last) / (last.at - first.at);
  const usual = went(oldest, first) / (first.at - oldest.at);
  return rate >= surge * usual ? went(first, last) / first.keys : 0;
}

function between(moments: readonly Moment[], start: number, end: number): Wave {
  const first = moments[start] as Moment;
  const last = moments[end] as Moment;
  const newest = moments.at(-1) as Moment;
  const earlier = moments.find(({ at }) => at >= first.at - beforeMs) ?? first;
  const hasRestarted = last.hits + last.misses < first.hits + first.misses || last.expired < first.expired;
  return {
    fromAt: first.at,
    toAt: last.at,
    keysBefore: first.keys,
    keysAfter: last.keys,
    expired: Math.max(0, last.expired - first.expired),
    evicted: Math.max(0, last.evicted - first.evicted),
    flushes: Math.max(0, last.flushes - first.flushes),
    hasRestarted,
    hitsBefore: ratio(earlier, first),
    hitsAfter: ratio(hasRestarted ? { hits: 0, misses: 0 } : first, newest),
  };
}

function ratio(from: Pick<Moment, 'hits' | 'misses'>, to: Moment): number | null {
  const [hits, misses] = [to.hits - from.hits, to.misses - from.misses];
  return hits < 0 || misses < 0 || hits + misses < fewestLookups ? null : hits / (hits + misses);
}
