/** From points and rollups of one series to the buckets of a chart. Pure. */
import type { SeriesView } from '../../core/view.ts';
import type { Points } from './chunk.ts';
import type { Rollup } from './rollup.ts';
import { exactQuantile, SketchSum } from './sketch.ts';

/** More would be neither drawn nor read. */
const mostBuckets = 11_000;
const shown = [0.5, 0.95, 0.99] as const;

export interface Grid {
  /** Start of the first bucket, a multiple of the step. */
  readonly start: number;
  readonly stepMs: number;
  readonly count: number;
}

/** Buckets that touch [from, to). Throws RangeError for a step that makes none or too many. */
export function gridOf(from: number, to: number, stepMs: number): Grid {
  if (!(stepMs >= 1) || !Number.isInteger(stepMs)) {
    throw new RangeError(`the step must be a whole number of milliseconds, 1 or more: ${stepMs}`);
  }
  const start = Math.floor(from / stepMs) * stepMs;
  const count = Math.max(0, Math.ceil((to - start) / stepMs));
  if (!(count <= mostBuckets)) {
    throw new RangeError(
      `${count} steps of ${stepMs} ms are too many (${mostBuckets}): ask for a longer step`,
    );
  }
  return { start, stepMs, count };
}

/** A series before its buckets are made: rollups, then points, both ascending, none twice. */
export interface Pieces {
  readonly rollups: readonly Rollup[];
  readonly points: Points;
}

interface Bucket {
  weight: number;
  sum: number;
  min: number;
  max: number;
  values: number[];
  sketch: SketchSum | undefined;
}

type Filled = Omit<SeriesView, 'labels'>;

export function gaugeBuckets({ rollups, points }: Pieces, grid: Grid): Filled {
  const buckets = new Buckets(grid);
  for (const rollup of rollups) {
    const bucket = buckets.at(rollup.start);
    if (!bucket) continue;
    bucket.sketch ??= new SketchSum();
    bucket.sketch.merge(rollup.sketch);
    bucket.weight += rollup.count;
    bucket.sum += rollup.sum;
    bucket.min = Math.min(bucket.min, rollup.min);
    bucket.max = Math.max(bucket.max, rollup.max);
  }
  for (let i = 0; i < points.at.length; i++) {
    const value = points.values[i] ?? Number.NaN;
    if (!Number.isNaN(value)) buckets.add(points.at[i] ?? 0, value, 1);
  }
  return buckets.finish();
}

/**
 * Rate per second: each pair of neighbours gives one rate, put where the later one stands and weighted by the
 * time between them. A counter that falls began again from zero (as Prometheus' rate sees it).
 */
export function rateBuckets({ rollups, points }: Pieces, grid: Grid): Filled {
  const buckets = new Buckets(grid);
  let beforeAt = Number.NaN;
  let before = Number.NaN;
  const add = (at: number, increase: number, elapsed: number) => {
    if (elapsed > 0) buckets.add(at, (increase / elapsed) * 1000, elapsed);
  };
  for (const { start, first, last, firstAt, lastAt, dropped } of rollups) {
    const inside = last - first + dropped;
    if (Number.isNaN(beforeAt)) add(start, inside, lastAt - firstAt);
    else add(start, inside + risen(before, first), lastAt - beforeAt);
    beforeAt = lastAt;
    before = last;
  }
  for (let i = 0; i < points.at.length; i++) {
    const value = points.values[i] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    const at = points.at[i] ?? 0;
    if (!Number.isNaN(beforeAt)) add(at, risen(before, value), at - beforeAt);
    beforeAt = at;
    before = value;
  }
  return buckets.finish();
}

function risen(before: number, after: number): number {
  return after >= before ? after - before : after;
}

class Buckets {
  private readonly grid: Grid;
  private readonly buckets: (Bucket | undefined)[];

  constructor(grid: Grid) {
    this.grid = grid;
    this.buckets = Array.from({ length: grid.count }, () => undefined);
  }

  at(time: number): Bucket | undefined {
    const index = Math.floor((time - this.grid.start) / this.grid.stepMs);
    if (index < 0 || index >= this.grid.count) return undefined;
    let bucket = this.buckets[index];
    if (!bucket) {
      bucket = { weight: 0, sum: 0, min: Infinity, max: -Infinity, values: [], sketch: undefined };
      this.buckets[index] = bucket;
    }
    return bucket;
  }

  add(time: number, value: number, weight: number): void {
    const bucket = this.at(time);
    if (!bucket) return;
    bucket.weight += weight;
    bucket.sum += value * weight;
    if (value < bucket.min) bucket.min = value;
    if (value > bucket.max) bucket.max = value;
    bucket.values.push(value);
  }

  finish(): Filled {
    const { start, stepMs, count } = this.grid;
    const quantiles = this.buckets.map((bucket) => bucket && quantilesOf(bucket));
    const column = (pick: (bucket: Bucket) => number) =>
      this.buckets.map((bucket) => (bucket ? pick(bucket) : null));
    const quantile = (index: number) => quantiles.map((found) => found?.[index] ?? null);
    return {
      at: Array.from({ length: count }, (_, i) => start + i * stepMs),
      min: column(({ min }) => min),
      max: column(({ max }) => max),
      avg: column(({ sum, weight }) => sum / weight),
      p50: quantile(0),
      p95: quantile(1),
      p99: quantile(2),
    };
  }
}

function quantilesOf({ values, sketch, min, max }: Bucket): number[] {
  if (!sketch) {
    const sorted = Float64Array.from(values).sort();
    return shown.map((quantile) => exactQuantile(sorted, quantile));
  }
  for (const value of values) sketch.add(value);
  return sketch.quantiles(shown).map((value) => Math.min(max, Math.max(min, value)));
}

/** Quantiles, count and mean of all pieces: exact where only points are given, within 1 % otherwise. */
export function summarize(
  { rollups, points }: Pieces,
  quantiles: readonly number[],
): { count: number; mean: number; values: number[] } {
  const numbers = points.values.filter((value) => !Number.isNaN(value)).sort();
  let count = numbers.length;
  let sum = numbers.reduce((total, value) => total + value, 0);
  if (rollups.length === 0) {
    const values = quantiles.map((quantile) => (count === 0 ? Number.NaN : exactQuantile(numbers, quantile)));
    return { count, mean: sum / count, values };
  }
  const sketch = new SketchSum();
  for (const rollup of rollups) {
    sketch.merge(rollup.sketch);
    count += rollup.count;
    sum += rollup.sum;
  }
  for (const value of numbers) sketch.add(value);
  return { count, mean: sum / count, values: sketch.quantiles(quantiles) };
}
