/** Whether keys expired in a burst, or ran out at the rate at which they had been written. Pure. */

export interface Counted {
  /** Milliseconds of any one clock. */
  readonly at: number;
  readonly keys: number;
  /** Counters since the server started. */
  readonly expired: number;
  readonly evicted: number;
}

export interface ExpiryRate {
  /** Keys a second: the fastest expiry between two moments of the stretch. */
  readonly fastest: number;
  /** Keys a second: the most that were written, or expired, as the mean of a minute or more before that. */
  readonly usual: number;
  /** They went much faster than they were written; else they run out as ever, and fewer are written. */
  readonly isBurst: boolean;
}

/** What a job writes within seconds is spread over this, so that its expiry within seconds stands out (J). */
const leastWindowMs = 60_000;
/** With checks further apart a window holds so many of them. */
const checksInWindow = 6;
/** Load that breathes stays below it: keys that are written for half a minute go at twice the mean of the minute (J). */
const surge = 2.5;

/** What tells of every stretch of these moments, oldest first, whether it was a burst. */
export function expiryRates(moments: readonly Counted[]): (start: number, end: number) => ExpiryRate {
  const windowMs = Math.max(leastWindowMs, checksInWindow * medianGap(moments));
  const usualUntil = highestMeans(moments, windowMs);
  return (start, end) => {
    let fastest = { rate: 0, from: start, gone: 0 };
    for (let i = start + 1; i <= end; i++) {
      const gone = increase(moments, i - 1, i, 'expired');
      const rate = gone / secondsBetween(moments, i - 1, i);
      if (rate > fastest.rate) fastest = { rate, from: i - 1, gone };
    }
    const usual = usualUntil[fastest.from] ?? 0;
    const isKnownLong = (moments[fastest.from]?.at ?? 0) - (moments[0]?.at ?? 0) >= windowMs / 2;
    // Where nothing was seen before, only that most went between two looks speaks for a burst.
    const isAtOnce = fastest.gone >= increase(moments, start, end, 'expired') / 2;
    const isBurst = fastest.rate > 0 && fastest.rate >= surge * usual && (isKnownLong || isAtOnce);
    return { fastest: fastest.rate, usual, isBurst };
  };
}

/** Up to each moment: the highest mean of a window that ended by then. */
function highestMeans(moments: readonly Counted[], windowMs: number): number[] {
  const highest: number[] = [];
  let from = 0;
  for (const [index, { at }] of moments.entries()) {
    while (from + 1 < index && (moments[from + 1]?.at ?? at) <= at - windowMs) from += 1;
    const expired = increase(moments, from, index, 'expired');
    const more = (moments[index]?.keys ?? 0) - (moments[from]?.keys ?? 0);
    const written = more + expired + increase(moments, from, index, 'evicted');
    const seconds = Math.max(windowMs / 1_000, secondsBetween(moments, from, index));
    highest.push(Math.max(highest.at(-1) ?? 0, written / seconds, expired / seconds));
  }
  return highest;
}

function increase(
  moments: readonly Counted[],
  from: number,
  to: number,
  counter: 'expired' | 'evicted',
): number {
  return Math.max(0, (moments[to]?.[counter] ?? 0) - (moments[from]?.[counter] ?? 0));
}

function secondsBetween(moments: readonly Counted[], from: number, to: number): number {
  return Math.max(1, (moments[to]?.at ?? 0) - (moments[from]?.at ?? 0)) / 1_000;
}

function medianGap(moments: readonly Counted[]): number {
  const gaps = moments.slice(1).map(({ at }, index) => at - (moments[index]?.at ?? at));
  return gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0;
}
