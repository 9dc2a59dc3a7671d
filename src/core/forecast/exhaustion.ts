/**
 * When a limited resource runs out: disks, memory, connections, identifiers. Robust against saw-teeth (log rotation,
 * clean-ups, vacuum) and steps, which make every plain extrapolation cry wolf.
 *
 * What works is a gate, more than any robust slope: nothing is forecast unless usage is higher than in the whole week
 * before. Then either the peaks of the days rise (slow fill) or the last hour does, in all of its parts (runaway).
 * Measured in bench/forecast.ts.
 */
import { medianOf, type TimedValue, theilSen } from './robust-slope.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** A week before the last half day is what usage must exceed. */
const gateMs = 7 * dayMs;
const recentMs = 12 * hourMs;
const leastHistoryMs = 2 * dayMs;
/** Older than this, the last point says nothing of now. */
const staleMs = hourMs;
/** Nobody can say more than this ahead from a week of data. */
const horizonMs = 30 * dayMs;
/** A runaway is news only while it is quick; what takes longer shows in the peaks of the days. */
const runawayHorizonMs = 8 * hourMs;

export type Forecast =
  | {
      readonly kind: 'full-at';
      /** Epoch ms; `earliest` and `latest` by the 10th and 90th percentile of the slopes, null = perhaps never. */
      readonly at: number;
      readonly earliest: number;
      readonly latest: number | null;
      /** `slow`: the peaks of the days rise; `runaway`: the last hour does; `full`: it is used up now. */
      readonly pace: 'slow' | 'runaway' | 'full';
      /** Growth per hour in the unit of the values. */
      readonly perHour: number;
      readonly reason: string;
    }
  | { readonly kind: 'not-filling'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string };

/**
 * `points`: usage in the order of time, at least the last eight days where known; one in five minutes is plenty.
 * `limit`: in the same unit, where it is full. Alert when `at` is nearer than the time people need (54 h), and when the
 * share used is high (90 %) whatever is forecast: the measured gain of a forecast is the earlier warning.
 */
export function forecast(points: readonly TimedValue[], limit: number, now: number): Forecast {
  const known = points.filter(
    ({ at, value }) => at <= now && at > now - gateMs - dayMs && Number.isFinite(value),
  );
  const last = known.at(-1);
  const first = known[0];
  if (!(limit > 0)) return { kind: 'unknown', reason: 'the limit is not known' };
  if (!first || !last) return { kind: 'unknown', reason: 'nothing was measured in the last eight days' };
  if (now - last.at > staleMs) return { kind: 'unknown', reason: 'the last value is older than an hour' };
  if (last.value >= limit) return full(now);
  if (now - first.at < leastHistoryMs) return { kind: 'unknown', reason: 'less than two days are known' };
  const current = medianOf(sortedSince(known, now - 15 * minuteMs, last.value));
  const before = highest(known, now - gateMs, now - recentMs);
  if (before === null)
    return { kind: 'unknown', reason: 'too little is known of the week before the last 12 h' };
  const margin = limit * 0.002;
  if (current <= before + margin)
    return { kind: 'not-filling', reason: 'no higher than in the last seven days' };
  return runaway(known, limit, current, now) ?? slowFill(known, limit, current, now);
}

function full(now: number): Forecast {
  const reason = 'it is used up now';
  return { kind: 'full-at', at: now, earliest: now, latest: now, pace: 'full', perHour: 0, reason };
}

function sortedSince(points: readonly TimedValue[], from: number, otherwise: number): number[] {
  const values = between(points, from, Number.POSITIVE_INFINITY).map(({ value }) => value);
  return values.length === 0 ? [otherwise] : values.sort((a, b) => a - b);
}

/** After `from`, up to and with `to`; what is no number is left out. */
function between(points: readonly TimedValue[], from: number, to: number): readonly TimedValue[] {
  const inside = points.slice(firstAfter(points, from), firstAfter(points, to));
  return inside.every(({ value }) => Number.isFinite(value))
    ? inside
    : inside.filter(({ value }) => Number.isFinite(value));
}

function firstAfter(points: readonly TimedValue[], time: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.at ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function highest(points: readonly TimedValue[], from: number, to: number): number | null {
  let most: number | null = null;
  const end = firstAfter(points, to);
  for (let i = firstAfter(points, from); i < end; i++) {
    const value = points[i]?.value ?? Number.NaN;
    if (most === null || value > most) most = value;
  }
  return most;
}

/** The last hour rises steadily: both its halves do, and neither is much steeper than the other. */
function runaway(
  points: readonly TimedValue[],
  limit: number,
  current: number,
  now: number,
): Forecast | null {
  const hour = thinned(between(points, now - hourMs, now));
  if (hour.length < 6) return null;
  const whole = theilSen(hour);
  const early = theilSen(hour.slice(0, Math.ceil(hour.length / 2)));
  const late = theilSen(hour.slice(Math.floor(hour.length / 2)));
  if (!whole || !early || !late || whole.low <= 0) return null;
  if (early.slope < whole.slope / 2 || late.slope < whole.slope / 2) return null;
  const left = (limit - current) / whole.slope;
  if (left > runawayHorizonMs) return null;
  return fullAt('runaway', limit - current, whole, now, 'the last hour rises steadily');
}

/** At most thirty points, evenly taken. */
function thinned(points: readonly TimedValue[]): TimedValue[] {
  const step = Math.max(1, Math.ceil(points.length / 30));
  return points.filter((_, i) => (points.length - 1 - i) % step === 0);
}

/** The peaks of the days rise over the week and over the last three days. */
function slowFill(points: readonly TimedValue[], limit: number, current: number, now: number): Forecast {
  const peaks: TimedValue[] = [];
  for (let day = 7; day >= 0; day--) {
    const value = highest(points, now - (day + 1) * dayMs, now - day * dayMs);
    if (value !== null) peaks.push({ at: now - day * dayMs, value });
  }
  const long = theilSen(peaks);
  const short = theilSen(peaks.slice(-4));
  if (!long || !short || peaks.length < 3)
    return { kind: 'unknown', reason: 'fewer than three days are known' };
  if (isStep(peaks.slice(-4)))
    return { kind: 'not-filling', reason: 'it rose once, as by a step, and not from day to day' };
  if (long.slope <= 0 || short.slope <= 0)
    return {
      kind: 'not-filling',
      reason: 'higher than in the last week, but the peaks of the days do not rise',
    };
  const slope = Math.min(long.slope, short.slope);
  if ((limit - current) / slope > horizonMs)
    return { kind: 'not-filling', reason: 'it rises too slowly to be full within 30 days' };
  const band = { slope, low: Math.min(slope, long.low), high: Math.max(slope, long.high, short.slope) };
  return fullAt('slow', limit - current, band, now, 'the peaks of the days rise');
}

/** Of days that rise, the second largest rise is at least this share of the largest: exponential growth has a half. */
const alikeShare = 0.25;

/** One rise is nearly all there is: the slopes between few days are those of the step then, whatever their median. */
function isStep(peaks: readonly TimedValue[]): boolean {
  const rises = peaks.slice(1).map(({ value }, i) => value - (peaks[i]?.value ?? value));
  const [largest = 0, second = 0] = rises.toSorted((a, b) => b - a);
  return largest > 0 && second < largest * alikeShare;
}

function fullAt(
  pace: 'slow' | 'runaway',
  room: number,
  { slope, low, high }: { slope: number; low: number; high: number },
  now: number,
  reason: string,
): Forecast {
  const latest = low <= 0 ? null : Math.round(now + room / low);
  return {
    kind: 'full-at',
    at: Math.round(now + room / slope),
    earliest: Math.round(now + room / high),
    latest,
    pace,
    perHour: slope * hourMs,
    reason,
  };
}
