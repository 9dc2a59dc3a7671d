/** Is something increasing? Evictions, retries, queue lengths, latencies: robust, and silent on little. Pure. */
import { medianOf, type TimedValue, theilSen } from '../forecast/robust-slope.ts';

/** The span is cut into so many windows; each stands for its median, so that no burst makes a trend. */
const windowCount = 24;
const leastWindows = 10;
/** Two-sided chance of 0.3 % that steady noise looks like this; at most 5 % of random walks do. */
const significantZ = 3;
/** Resemblance of neighbours beyond this cannot be told from a trend in so few windows. */
const mostAlike = 0.97;
/** Share of pairs that rise, less those that fall: a saw-tooth of two teeth has a half, a noisy rise more than this. */
const nearlyMonotone = 0.7;

export interface TrendSettings {
  /** What is looked at: the span that ends now. A day or a few hours; a daily wave needs whole days. */
  readonly spanMs: number;
  /** Below this level, in the unit of the values, nothing is said: 3 evictions a second that were 1 are no trend. */
  readonly leastLevel: number;
  /** The change over the span must be at least this share of the middle level; 0.5 where left out. */
  readonly leastChange?: number;
}

export type Trend =
  | {
      readonly kind: 'rising' | 'falling';
      /** Change per hour in the unit of the values (Theil-Sen). */
      readonly perHour: number;
      /** Level at the beginning and at the end of the span, along the slope. */
      readonly from: number;
      readonly to: number;
      readonly reason: string;
    }
  | { readonly kind: 'steady'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string };

/**
 * `points` in the order of time; counters as rates. A trend must differ from noise in one of two ways, for neither sees
 * both kinds (the union of Harvey, Leybourne and Taylor 2007):
 * - Mann-Kendall test with the variance corrected for ties and for neighbours that resemble each other (Yue and Wang
 *   2004), because plain tests find trends in every slow wave. A rise that is smooth and no straight line leaves
 *   residuals that resemble each other more than any noise, so that this test alone misses it.
 * - Wilcoxon's signed-rank test of the steps from window to window, which noise of unit root leaves without a sign.
 * The size is by Theil-Sen.
 */
export function trendOf(points: readonly TimedValue[], settings: TrendSettings, now: number): Trend {
  const { spanMs, leastLevel, leastChange = 0.5 } = settings;
  const windows = windowsOf(points, spanMs, now);
  if (windows.length < leastWindows)
    return {
      kind: 'unknown',
      reason: `${windows.length} of ${windowCount} windows have values, ${leastWindows} are needed`,
    };
  const slope = theilSen(windows)?.slope ?? 0;
  const values = windows.map(({ value }) => value);
  const kendall = mannKendall(values, withoutCurve(values));
  const isSteadyClimb = Math.abs(kendall.tau) >= nearlyMonotone && stepsZ(values) >= significantZ;
  if (Math.abs(kendall.z) < significantZ && !isSteadyClimb)
    return { kind: 'steady', reason: 'it does not differ from noise' };
  const middle = medianOf(values.toSorted((a, b) => a - b));
  const [from, to] = [middle - (slope * spanMs) / 2, middle + (slope * spanMs) / 2];
  if (Math.max(Math.abs(from), Math.abs(to)) < leastLevel)
    return { kind: 'steady', reason: `it stays below ${leastLevel}` };
  if (Math.abs(to - from) < leastChange * Math.abs(middle))
    return { kind: 'steady', reason: `it changes by less than ${leastChange * 100} %` };
  if (isOver(values, slope)) return { kind: 'steady', reason: 'it changed, but does no more' };
  const kind = slope > 0 ? 'rising' : 'falling';
  return { kind, perHour: slope * 3_600_000, from, to, reason: `${kind} from ${said(from)} to ${said(to)}` };
}

function windowsOf(points: readonly TimedValue[], spanMs: number, now: number): TimedValue[] {
  const held = Array.from({ length: windowCount }, (): number[] => []);
  const windowMs = spanMs / windowCount;
  for (const { at, value } of points) {
    if (at > now || at <= now - spanMs || !Number.isFinite(value)) continue;
    held[windowCount - 1 - Math.floor((now - at) / windowMs)]?.push(value);
  }
  return held.flatMap((values, i) =>
    values.length === 0
      ? []
      : [{ at: now - spanMs + (i + 0.5) * windowMs, value: medianOf(values.sort((a, b) => a - b)) }],
  );
}

/**
 * What a parabola through evenly spaced values leaves (least squares, by the orthogonal polynomials): a rise is seldom a
 * straight line, and what a line leaves of a curve would pass for noise of which neighbours resemble each other.
 */
function withoutCurve(values: readonly number[]): readonly number[] {
  const n = values.length;
  const linear = values.map((_, i) => i - (n - 1) / 2);
  const curved = linear.map((x) => x * x - (n * n - 1) / 12);
  const flat = values.map(() => 1);
  return [flat, linear, curved].reduce<readonly number[]>((left, basis) => {
    const share = dot(values, basis) / dot(basis, basis);
    return left.map((value, i) => value - share * (basis[i] ?? 0));
  }, values);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

/** Mann 1945, Kendall 1975: how many standard deviations more pairs rise than fall; and the share of pairs, -1 to 1. */
function mannKendall(values: readonly number[], detrended: readonly number[]): { z: number; tau: number } {
  const n = values.length;
  let s = 0;
  const ties = new Map<number, number>();
  for (const [i, a] of values.entries()) {
    ties.set(a, (ties.get(a) ?? 0) + 1);
    for (let j = i + 1; j < n; j++) s += Math.sign((values[j] ?? a) - a);
  }
  const term = (count: number) => count * (count - 1) * (2 * count + 5);
  const tied = [...ties.values()].reduce((sum, count) => sum + term(count), 0);
  const variance = ((term(n) - tied) / 18) * resemblance(detrended);
  const tau = (2 * s) / (n * (n - 1));
  return { z: variance <= 0 ? 0 : (s - Math.sign(s)) / Math.sqrt(variance), tau };
}

/**
 * By how much neighbours that resemble each other widen the variance, as of an AR(1) process. Of a short series with
 * its curve taken out the autocorrelation is found too small by (3 + 5 r) / n (Marriott and Pope 1954; Kendall 1954).
 */
function resemblance(detrended: readonly number[]): number {
  const n = detrended.length;
  const found = autocorrelation(detrended);
  const alike = found <= 0 ? 0 : Math.min(mostAlike, (n * found + 3) / (n - 5));
  return (1 + alike) / (1 - alike);
}

/**
 * Wilcoxon 1945, ties by their middle ranks, steps of zero left out (they still count as steps that were not taken).
 * Steps between means of neighbouring windows of a random walk resemble each other by a quarter (Working 1960), which
 * makes the variance half as large again.
 */
function stepsZ(values: readonly number[]): number {
  const steps = values.slice(1).map((value, i) => value - (values[i] ?? value));
  const moved = steps.filter((step) => step !== 0).sort((a, b) => Math.abs(a) - Math.abs(b));
  const n = moved.length;
  if (n < steps.length / 2) return 0;
  let sum = 0;
  for (let from = 0; from < n; ) {
    let to = from;
    while (to < n && Math.abs(moved[to] ?? 0) === Math.abs(moved[from] ?? 0)) to++;
    const rank = (from + 1 + to) / 2;
    for (const step of moved.slice(from, to)) sum += Math.sign(step) * rank;
    from = to;
  }
  const variance = (n * (n + 1) * (2 * n + 1)) / 6;
  return variance === 0 ? 0 : Math.abs(sum) / Math.sqrt(1.5 * variance);
}

/** Of neighbours, -1 to 1; 0 for a constant. */
function autocorrelation(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  let [product, square] = [0, 0];
  for (const [i, value] of values.entries()) {
    square += (value - mean) ** 2;
    if (i > 0) product += (value - mean) * ((values[i - 1] ?? mean) - mean);
  }
  return square === 0 ? 0 : product / square;
}

/** The last quarter is back on the other side of the middle half. */
function isOver(values: readonly number[], slope: number): boolean {
  const quarter = Math.floor(values.length / 4);
  const level = (part: readonly number[]) => medianOf(part.toSorted((a, b) => a - b));
  const change = level(values.slice(-quarter)) - level(values.slice(quarter, -quarter));
  return change * slope < 0;
}

function said(value: number): string {
  return String(Number(value.toPrecision(3)));
}
