/** Slopes that a few wild points cannot turn. */

/** `at` in milliseconds, rising. */
export interface TimedValue {
  readonly at: number;
  readonly value: number;
}

export interface RobustSlope {
  /** Per millisecond: the median of the slopes between all pairs. */
  readonly slope: number;
  /** The 10th and 90th percentile of those slopes. */
  readonly low: number;
  readonly high: number;
}

/**
 * Theil-Sen estimator (Theil 1950, Sen 1968): up to 29 % of the points may be wild. All pairs are looked at, so hand in
 * some dozens of points at most. null with fewer than two points in time.
 */
export function theilSen(points: readonly TimedValue[]): RobustSlope | null {
  const slopes: number[] = [];
  for (const [i, a] of points.entries()) {
    for (let j = i + 1; j < points.length; j++) {
      const b = points[j];
      if (b && b.at > a.at) slopes.push((b.value - a.value) / (b.at - a.at));
    }
  }
  if (slopes.length === 0) return null;
  slopes.sort((a, b) => a - b);
  const quantile = (share: number) =>
    slopes[Math.min(slopes.length - 1, Math.floor(share * slopes.length))] ?? 0;
  return { slope: medianOf(slopes), low: quantile(0.1), high: quantile(0.9) };
}

/** Of sorted values; NaN of none. */
export function medianOf(sorted: readonly number[]): number {
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? Number.NaN)) / 2;
}
