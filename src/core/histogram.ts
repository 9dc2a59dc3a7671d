export interface Bucket {
  /** Upper bound, inclusive; Infinity for the last. */
  readonly bound: number;
  /** Cumulative. */
  readonly count: number;
}

/**
 * The quantile by linear interpolation within its bucket, as PromQL's `histogram_quantile`: the lowest bucket begins at
 * 0 where its bound is positive, and a quantile in the last bucket is the highest finite bound. NaN where nothing was
 * counted or the last bucket is missing.
 */
export function quantileOf(quantile: number, buckets: readonly Bucket[]): number {
  const sorted = buckets.toSorted((a, b) => a.bound - b.bound);
  const last = sorted.at(-1);
  if (last === undefined || last.bound !== Number.POSITIVE_INFINITY || sorted.length < 2) return Number.NaN;
  // Buckets are read one after the other while they are counted in; a dip between them is no decrease.
  let highest = 0;
  const counts = sorted.map(({ count }) => {
    highest = Math.max(highest, count);
    return highest;
  });
  const total = counts.at(-1) ?? 0;
  if (!(total > 0)) return Number.NaN;
  const rank = quantile * total;
  const index = counts.findIndex((count) => count >= rank);
  if (index === sorted.length - 1) return sorted[index - 1]?.bound ?? Number.NaN;
  const bound = sorted[index]?.bound ?? Number.NaN;
  if (index === 0 && bound <= 0) return bound;
  const from = index === 0 ? 0 : (sorted[index - 1]?.bound ?? 0);
  const below = index === 0 ? 0 : (counts[index - 1] ?? 0);
  const within = (counts[index] ?? 0) - below;
  return within === 0 ? bound : from + (bound - from) * ((rank - below) / within);
}
