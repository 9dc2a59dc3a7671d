/** Series of an application, scraped or pushed: chosen, with the labels wanted, within the limit. Pure. */

import { type Bucket, quantileOf } from './histogram.ts';
import { type Labels, labelKey, type Reading } from './sample.ts';

/** What is known of a series between two scrapes. */
export interface Memory {
  /** Keys of the series that have room; they keep it, so that which are kept does not change from scrape to scrape. */
  readonly kept: Set<string>;
  /** Cumulative buckets, counts and sums of the last scrape by family and labels. */
  readonly distributions: Map<string, Distribution>;
  at: number | null;
}

export interface Distribution {
  readonly metric: string;
  readonly labels: Labels;
  /** Cumulative counts by upper bound. */
  readonly buckets: Map<number, number>;
  count: number;
  sum: number;
}

export function createMemory(): Memory {
  return { kept: new Set(), distributions: new Map(), at: null };
}

/** The percentiles that a histogram becomes. */
const percentiles = [50, 95, 99] as const;

/**
 * What a histogram says of the time since the last scrape: `.p50`, `.p95`, `.p99`, `.mean`, and `.rate` per second.
 * NaN where nothing was counted meanwhile: there is no median of nothing.
 */
export function readDistribution(
  now: Distribution,
  before: Distribution | undefined,
  spanSeconds: number,
): Reading[] {
  if (before === undefined || spanSeconds <= 0) return [];
  // A count that fell is a restart of the application: everything it counted came since.
  const isFresh = now.count < before.count;
  const count = isFresh ? now.count : now.count - before.count;
  const sum = isFresh ? now.sum : now.sum - before.sum;
  const buckets: Bucket[] = [...now.buckets].map(([bound, total]) => ({
    bound,
    count: isFresh ? total : total - (before.buckets.get(bound) ?? 0),
  }));
  const { metric, labels } = now;
  const reading = (suffix: string, value: number): Reading => ({
    metric: `${metric}.${suffix}`,
    value,
    labels,
  });
  return [
    ...(buckets.length > 0
      ? percentiles.map((percent) => reading(`p${percent}`, quantileOf(percent / 100, buckets)))
      : []),
    reading('mean', count > 0 ? sum / count : Number.NaN),
    reading('rate', count / spanSeconds),
  ];
}

/** Labels that are wanted, as a plain object that no label can turn into something else. */
export function reduceLabels(
  labels: Iterable<readonly [string, string]>,
  wanted: readonly string[] | undefined,
): Labels {
  const reduced: Record<string, string> = {};
  for (const [name, value] of labels) {
    // An empty label is one that is not there (Prometheus data model).
    if (value === '' || name === '__proto__' || (wanted !== undefined && !wanted.includes(name))) continue;
    reduced[name] = value.length > longestLabel ? `${value.slice(0, longestLabel)}…` : value;
  }
  return reduced;
}

const longestLabel = 200;

export interface Limited {
  readonly readings: readonly Reading[];
  /** Names of metrics that lack series for want of room, and how many series that are. */
  readonly dropped: { readonly metrics: readonly string[]; readonly series: number };
}

export function limit(readings: readonly Reading[], memory: Memory, most: number): Limited {
  const keys = readings.map((reading) => `${reading.metric}\u0000${labelKey(reading.labels)}`);
  const present = new Set(keys);
  for (const key of memory.kept) if (!present.has(key)) memory.kept.delete(key);
  const metrics = new Set<string>();
  let series = 0;
  const kept = readings.filter((reading, index) => {
    const key = keys[index] ?? '';
    if (memory.kept.has(key)) return true;
    if (memory.kept.size < most) {
      memory.kept.add(key);
      return true;
    }
    metrics.add(reading.metric);
    series++;
    return false;
  });
  return { readings: kept, dropped: { metrics: [...metrics], series } };
}

/** Place of the first pattern that fits one of the names, `*` standing for any part; -1 where none does. */
export function ranking(patterns: readonly string[]): (...names: readonly string[]) => number {
  const expressions = patterns.map(
    (pattern) => new RegExp(`^${pattern.replace(/[^\w*]/g, '\\$&').replaceAll('*', '.*')}$`),
  );
  const known = new Map<string, number>();
  return (...names) => {
    const key = names.join('\n');
    const before = known.get(key);
    if (before !== undefined) return before;
    const rank = expressions.findIndex((one) => names.some((name) => one.test(name)));
    if (known.size < mostRemembered) known.set(key, rank);
    return rank;
  };
}

/** Names are the sender's: they must not fill the memory. */
const mostRemembered = 10_000;
