/** What is known from one look at the cluster to the next. */
import type { Histogram } from './exposed.ts';

export interface Memory {
  /** When each instance was last listed, epoch milliseconds, by `tidb 10.0.1.10:4000`. */
  readonly instances: Map<string, number>;
  /** Cumulative buckets of the last scrape, by signal and instance. */
  readonly histograms: Map<string, Histogram>;
  /** Region errors of every server, scaled to the size of the cluster, since Upkeep looks. */
  regionErrors: number;
  /** Regions of the cluster when last seen. */
  regions: number | undefined;
  /** Counts of regions that are not well, by kind. */
  readonly unwell: Map<string, { at: number; count: number }[]>;
  /** The rows that a schema change had gone over, and since when it has not gone further. */
  readonly jobs: Map<number, { rows: number; since: number }>;
}

export function remember(): Memory {
  return {
    instances: new Map(),
    histograms: new Map(),
    regionErrors: 0,
    regions: undefined,
    unwell: new Map(),
    jobs: new Map(),
  };
}
