/** A wave of keys that went, found in what was measured. Pure. */
import { type Counted, type ExpiryRate, expiryRates } from '../expiry-rate.ts';

/** At an epoch millisecond. */
export interface Moment extends Counted {
  /** Counters since the server started. */
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
  /** The same share of the last two minutes. */
  readonly hitsLately: number | null;
  /** Keys a second that expired, at most; and that were written or expired before, as the mean of a minute. */
  readonly fastestExpiry: number;
  readonly usualExpiry: number;
  /** They expired no faster than they had been written: fewer were written. */
  readonly hasRunOut: boolean;
}

const waveMs = 2 * 60_000;
const beforeMs = 10 * 60_000;
/** A ratio of fewer lookups says little (J). */
const fewestLookups = 100;
const fewestKeys = 1_000;
const share = 0.5;
/** Keys that are replaced as they go are a wave when they go so many times faster than before (J). */
const surge = 5;
/** So much of what went must have expired for expiry to be the way (J). */
const bulk = 0.6;

interface Sized {
  readonly wave: Wave;
  readonly share: number;
}

/**
 * The one that took the largest share of the keys; undefined where none took half of 1,000 or more. Keys that ran out as
 * they had been written stand back behind any that went at once.
 */
export function largestWave(moments: readonly Moment[]): Wave | undefined {
  let best: Sized | undefined;
  const rateOf = expiryRates(moments);
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
      if (gone < share) continue;
      const wave = between(moments, start, end, rateOf(start, end));
      // Keys that are replaced as they run out are a cache at work.
      if (wave.hasRunOut && dropped < share) continue;
      if (best && !isLarger({ wave, share: gone }, best)) continue;
      best = { wave, share: gone };
    }
  }
  return best?.wave;
}

function isLarger(one: Sized, other: Sized): boolean {
  if (one.wave.hasRunOut !== other.wave.hasRunOut) return other.wave.hasRunOut;
  return one.share > other.share + 0.01;
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

function between(moments: readonly Moment[], start: number, end: number, rate: ExpiryRate): Wave {
  const first = moments[start] as Moment;
  const last = moments[end] as Moment;
  const newest = moments.at(-1) as Moment;
  const earlier = moments.find(({ at }) => at >= first.at - beforeMs) ?? first;
  const recent = moments.find(({ at }) => at >= newest.at - waveMs) ?? newest;
  const expired = Math.max(0, last.expired - first.expired);
  const evicted = Math.max(0, last.evicted - first.evicted);
  const flushes = Math.max(0, last.flushes - first.flushes);
  const lost = Math.max(first.keys - last.keys, 1);
  const hasRestarted = last.hits + last.misses < first.hits + first.misses || last.expired < first.expired;
  return {
    fromAt: first.at,
    toAt: last.at,
    keysBefore: first.keys,
    keysAfter: last.keys,
    ...{ expired, evicted, flushes, hasRestarted },
    hitsBefore: ratio(earlier, first),
    hitsAfter: ratio(hasRestarted ? { hits: 0, misses: 0 } : first, newest),
    hitsLately: ratio(recent, newest),
    fastestExpiry: rate.fastest,
    usualExpiry: rate.usual,
    hasRunOut:
      !hasRestarted && flushes === 0 && expired >= evicted && expired >= bulk * lost && !rate.isBurst,
  };
}

function ratio(from: Pick<Moment, 'hits' | 'misses'>, to: Moment): number | null {
  const [hits, misses] = [to.hits - from.hits, to.misses - from.misses];
  return hits < 0 || misses < 0 || hits + misses < fewestLookups ? null : hits / (hits + misses);
}
