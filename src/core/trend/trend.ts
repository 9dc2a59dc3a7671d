/** Is something increasing? Evictions, retries, queue lengths, latencies: robust, and silent on little. Pure. */
import { medianOf, type TimedValue, theilSen } from '../forecast/robust-slope.ts';

/** The span is cut into so many windows; each stands for its median, so that no burst makes a trend. */
const windowCount = 24;
const leastWindows = 10;
/** Two-sided chance of 0.5 % that steady noise looks like this. */
const significantZ = 2.81;

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
 * `points` in the order of time; counters as rates. Mann-Kendall test with the variance corrected for ties and for
 * neighbours that resemble each other (Yue and Wang 2004), because plain tests find trends in every slow wave; the size
 * by Theil-Sen.
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
  const z = mannKendallZ(values, residuals(windows, slope));
  if (Math.abs(z) < significantZ) return { kind: 'steady', reason: 'it does not differ from noise' };
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

function residuals(windows: readonly TimedValue[], slope: number): number[] {
  return windows.map(({ at, value }) => value - slope * (at - (windows[0]?.at ?? 0)));
}

/** Mann 1945, Kendall 1975: how many standard deviations more pairs rise than fall. */
function mannKendallZ(values: readonly number[], detrended: readonly number[]): number {
  const n = values.length;
  let s = 0;
  const ties = new Map<number, number>();
  for (const [i, a] of values.entries()) {
    ties.set(a, (ties.get(a) ?? 0) + 1);
    for (let j = i + 1; j < n; j++) s += Math.sign((values[j] ?? a) - a);
  }
  const term = (count: number) => count * (count - 1) * (2 * count + 5);
  const tied = [...ties.values()].reduce((sum, count) => sum + term(count), 0);
  const alike = Math.max(0, Math.min(0.9, autocorrelation(detrended)));
  const variance = ((term(n) - tied) / 18) * ((1 + alike) / (1 - alike));
  return variance <= 0 ? 0 : (s - Math.sign(s)) / Math.sqrt(variance);
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
