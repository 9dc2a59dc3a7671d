/** The series that are known, by key and by target and metric. */
import { type Labels, seriesKey } from '../../core/sample.ts';
import { Head } from './head.ts';
import type { SeriesRow } from './tables.ts';

/** Samples in a chunk; shorter chunks compress worse (60 samples: a third more bytes). */
export const chunkSamples = 720;

export interface Series {
  readonly id: number;
  readonly target: string;
  readonly metric: string;
  readonly labels: Labels;
  readonly head: Head;
  /** Head length at which it is sealed. */
  sealAt: number;
  /** Time of the newest sealed sample. */
  sealedEnd: number;
  /** Coarse rollups are complete up to here, excluded. */
  coarseEnd: number;
  /** Samples at or before this time come too late. */
  floor: number;
  lastAt: number;
  lastValue: number | undefined;
  /** Stands in the series table. */
  isSaved: boolean;
  /** False once it was taken out, by pruning or by a reload. */
  isListed: boolean;
}

export interface Selector {
  readonly target: string;
  readonly metric: string;
  /** Series must have all of these; others are free. */
  readonly labels?: Labels | undefined;
}

export class SeriesRegistry {
  private readonly byKey = new Map<string, Series>();
  private readonly byTarget = new Map<string, Map<string, Series[]>>();
  private nextId = 1;

  get size(): number {
    return this.byKey.size;
  }

  get(target: string, metric: string, labels: Labels | undefined): Series | undefined {
    return this.byKey.get(seriesKey(target, metric, labels));
  }

  load({ id, target, metric, labels }: SeriesRow): Series {
    return this.list(id, target, metric, JSON.parse(labels), true);
  }

  add(target: string, metric: string, labels: Labels | undefined): Series {
    return this.list(this.nextId, target, metric, labels ?? {}, false);
  }

  private list(id: number, target: string, metric: string, labels: Labels, isSaved: boolean): Series {
    this.nextId = Math.max(this.nextId, id + 1);
    const series: Series = {
      id,
      target,
      metric,
      labels,
      head: new Head(),
      sealAt: firstSealAt(id),
      sealedEnd: Number.NEGATIVE_INFINITY,
      coarseEnd: Number.NEGATIVE_INFINITY,
      floor: Number.NEGATIVE_INFINITY,
      lastAt: Number.NEGATIVE_INFINITY,
      lastValue: undefined,
      isSaved,
      isListed: true,
    };
    this.byKey.set(seriesKey(target, metric, labels), series);
    const metrics = this.byTarget.get(target) ?? new Map<string, Series[]>();
    this.byTarget.set(target, metrics);
    metrics.set(metric, [...(metrics.get(metric) ?? []), series]);
    return series;
  }

  remove(series: Series): void {
    series.isListed = false;
    this.byKey.delete(seriesKey(series.target, series.metric, series.labels));
    const metrics = this.byTarget.get(series.target);
    const left = metrics?.get(series.metric)?.filter((one) => one !== series) ?? [];
    if (left.length > 0) metrics?.set(series.metric, left);
    else metrics?.delete(series.metric);
    if (metrics?.size === 0) this.byTarget.delete(series.target);
  }

  all(): Iterable<Series> {
    return this.byKey.values();
  }

  *ofTarget(target: string): Iterable<Series> {
    for (const list of this.byTarget.get(target)?.values() ?? []) yield* list;
  }

  match({ target, metric, labels }: Selector): Series[] {
    const candidates = this.byTarget.get(target)?.get(metric) ?? [];
    const wanted = Object.entries(labels ?? {});
    return candidates.filter((series) => wanted.every(([name, value]) => series.labels[name] === value));
  }
}

/** Series that begin together must not be sealed together: their first chunks differ in length. */
function firstSealAt(id: number): number {
  const half = chunkSamples / 2;
  return half + ((id * 229) % half);
}
