/** The series that are known, by key, by slot, and by target and metric. */
import { type Labels, seriesKey } from '../../core/sample.ts';
import { Heads } from './heads.ts';
import type { SeriesRow } from './tables.ts';

/** Samples in a chunk; shorter chunks compress worse (60 samples: a third more bytes). */
const chunkSamples = 720;
/** Samples that stay in the head when it is sealed, so that small disorder across a seal is still accepted. */
export const keptSamples = 16;
const steadyLimit = chunkSamples + keptSamples;

export interface Series {
  readonly id: number;
  readonly target: string;
  readonly metric: string;
  readonly labels: Labels;
  /** Its place in `heads`. */
  readonly slot: number;
  /** Time and value of the newest sealed sample; the value is read when it is first asked for. */
  sealedEnd: number;
  sealedValue: number | undefined;
  /** Coarse rollups are complete up to here, excluded. */
  coarseEnd: number;
  /** Stands in the series table. */
  isSaved: boolean;
}

export interface Selector {
  readonly target: string;
  readonly metric: string;
  /** Series must have all of these; others are free. */
  readonly labels?: Labels | undefined;
}

export class SeriesRegistry {
  readonly heads = new Heads();
  private readonly byKey = new Map<string, Series>();
  private readonly bySlot: (Series | undefined)[] = [];
  private readonly byTarget = new Map<string, Map<string, Series[]>>();
  private nextId = 1;

  get size(): number {
    return this.byKey.size;
  }

  get(target: string, metric: string, labels: Labels | undefined): Series | undefined {
    return this.byKey.get(seriesKey(target, metric, labels));
  }

  at(slot: number): Series | undefined {
    return this.bySlot[slot];
  }

  load({ id, target, metric, labels }: SeriesRow): Series {
    return this.list(id, target, metric, JSON.parse(labels), true);
  }

  add(target: string, metric: string, labels: Labels | undefined): Series {
    return this.list(this.nextId, target, metric, labels ?? {}, false);
  }

  /** This id is taken, if only by samples whose series is not known. */
  reserve(id: number): void {
    this.nextId = Math.max(this.nextId, id + 1);
  }

  private list(id: number, target: string, metric: string, labels: Labels, isSaved: boolean): Series {
    this.reserve(id);
    const series: Series = {
      id,
      target,
      metric,
      labels,
      slot: this.heads.take(id, firstLimit(id)),
      sealedEnd: Number.NEGATIVE_INFINITY,
      sealedValue: undefined,
      coarseEnd: Number.NEGATIVE_INFINITY,
      isSaved,
    };
    this.bySlot[series.slot] = series;
    this.byKey.set(seriesKey(target, metric, labels), series);
    const metrics = this.byTarget.get(target) ?? new Map<string, Series[]>();
    this.byTarget.set(target, metrics);
    const list = metrics.get(metric);
    if (list) list.push(series);
    else metrics.set(metric, [series]);
    return series;
  }

  remove(series: Series): void {
    this.heads.release(series.slot);
    this.bySlot[series.slot] = undefined;
    this.byKey.delete(seriesKey(series.target, series.metric, series.labels));
    const metrics = this.byTarget.get(series.target);
    const left = metrics?.get(series.metric)?.filter((one) => one !== series) ?? [];
    if (left.length > 0) metrics?.set(series.metric, left);
    else metrics?.delete(series.metric);
    if (metrics?.size === 0) this.byTarget.delete(series.target);
  }

  has(series: Series): boolean {
    return this.bySlot[series.slot] === series;
  }

  /** The series is sealed up to here: what comes at or before is late. */
  sealed(series: Series, end: number, value: number | undefined): void {
    series.sealedEnd = end;
    series.sealedValue = value;
    this.raiseFloor(series, end);
    this.heads.limits[series.slot] = steadyLimit;
  }

  gathered(series: Series, end: number): void {
    series.coarseEnd = end;
    this.raiseFloor(series, end - 1);
  }

  raiseFloor({ slot }: Series, floor: number): void {
    this.heads.floor[slot] = Math.max(this.heads.floor[slot] ?? floor, floor);
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
function firstLimit(id: number): number {
  const half = chunkSamples / 2;
  return half + ((id * 229) % half);
}
