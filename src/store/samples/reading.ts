/** Questions to the store. A series is pictured before the first wait, so a seal meanwhile changes no answer. */
import type { Labels } from '../../core/sample.ts';
import type { SeriesView } from '../../core/view.ts';
import { gaugeBuckets, gridOf, type Pieces, rateBuckets, summarize } from './buckets.ts';
import { decodeChunk, type Points } from './chunk.ts';
import { type Covered, type CoveredStep, coveredInAll, coveredSteps, longestIntervalMs } from './coverage.ts';
import type { Heads } from './heads.ts';
import { coarseMs, decodeRollups, fineMs, type Rollup } from './rollup.ts';
import type { Selector, Series } from './series.ts';
import { type Retention, type Sources, sourcesFor } from './sources.ts';
import type { Tables } from './tables.ts';
import type { Writing } from './writing.ts';

export interface Span extends Selector {
  readonly from: number;
  readonly to: number;
}

/** Series that are read at once: bounds memory without a round trip for each. */
const together = 16;
/** How far before its first bucket a counter is looked up, so that the first rate has a neighbour. */
const lookBackMs = 900_000;

export interface CoverQuestion extends Span {
  /** The interval that is taken where too few samples stand together to tell theirs. */
  readonly usualMs: number;
  /** Also in steps of this length. */
  readonly stepMs?: number;
}

export interface CoverAnswer extends Covered {
  readonly labels: Labels;
  /** Empty unless asked for; see `CoveredStep`. */
  readonly steps: readonly CoveredStep[];
}

interface Stored {
  readonly series: number;
  readonly body: Uint8Array;
}

interface Picture {
  readonly series: Series;
  readonly sealedEnd: number;
  readonly coarseEnd: number;
  readonly head: Points;
}

export class Reading {
  private readonly writing: Writing;
  private readonly tables: Tables;
  private readonly retention: Retention;

  constructor(writing: Writing, tables: Tables, retention: Retention) {
    this.writing = writing;
    this.tables = tables;
    this.retention = retention;
  }

  async range(span: Span): Promise<{ labels: Labels; points: Points }[]> {
    const raw: Sources = { coarseBefore: -Infinity, fineBefore: -Infinity };
    const found = await this.read(span, span.from, span.to, raw);
    return found
      .filter(({ pieces }) => pieces.points.at.length > 0)
      .map(({ labels, pieces }) => ({ labels, points: pieces.points }));
  }

  async aggregate(span: Span & { stepMs: number; counter?: boolean }, now: number): Promise<SeriesView[]> {
    const grid = gridOf(span.from, span.to, span.stepMs);
    const from = span.counter ? grid.start - Math.max(span.stepMs, lookBackMs) : grid.start;
    const to = grid.start + grid.count * grid.stepMs - 1;
    const found = await this.read(span, from, to, sourcesFor(span, this.retention, now));
    return found
      .map(({ labels, pieces }) => ({
        labels,
        ...(span.counter ? rateBuckets(pieces, grid) : gaugeBuckets(pieces, grid)),
      }))
      .filter(({ max }) => max.some((value) => value !== null));
  }

  async quantiles(
    span: Span & { quantiles: readonly number[] },
    now: number,
  ): Promise<{ labels: Labels; count: number; mean: number; values: number[] }[]> {
    const { target, metric, labels, from, to } = span;
    const found = await this.read(
      { target, metric, labels },
      from,
      to,
      sourcesFor({ from, to }, this.retention, now),
    );
    return found
      .map(({ labels, pieces }) => ({ labels, ...summarize(pieces, span.quantiles) }))
      .filter(({ count }) => count > 0);
  }

  /** The time that samples in [from, to) stand for: of the whole, or step by step. */
  async covered(span: CoverQuestion, now: number): Promise<CoverAnswer[]> {
    const { target, metric, labels, from, to, stepMs } = span;
    const sources = sourcesFor({ from, to }, this.retention, now);
    // The sample before the span may stand for its beginning.
    const before = from - Math.max(longestIntervalMs, span.usualMs);
    const found = await this.read({ target, metric, labels }, before, to - 1, sources);
    return found
      .map(({ labels, pieces }) => ({
        labels,
        ...coveredInAll(pieces, span),
        steps: stepMs === undefined ? [] : coveredSteps(pieces, span, stepMs),
      }))
      .filter(({ measuredMs }) => measuredMs > 0);
  }

  async latest(
    target?: string,
  ): Promise<{ target: string; metric: string; labels: Labels; at: number; value: number }[]> {
    await this.writing.load();
    const { registry } = this.writing;
    const answers = [];
    for (const series of [...(target === undefined ? registry.all() : registry.ofTarget(target))]) {
      const newest = registry.heads.newest(series.slot) ?? (await this.lastSealed(series));
      const { target, metric, labels } = series;
      if (newest) answers.push({ target, metric, labels, ...newest });
    }
    return answers;
  }

  /** Read from the tables once for a series that has been silent since the start. */
  private async lastSealed(series: Series): Promise<{ at: number; value: number } | undefined> {
    if (series.sealedValue === undefined && Number.isFinite(series.sealedEnd)) {
      const row = await this.tables.lastChunk(series.id);
      const points = row && this.decoded(() => decodeChunk(row.body));
      series.sealedValue ??= points?.values.at(-1);
    }
    const { sealedEnd: at, sealedValue: value } = series;
    return value === undefined ? undefined : { at, value };
  }

  /** Pieces of every series that matches, samples from `from` to `to` inclusive. */
  private async read(
    selector: Selector,
    from: number,
    to: number,
    sources: Sources,
  ): Promise<{ labels: Labels; pieces: Pieces }[]> {
    await this.writing.load();
    const { registry } = this.writing;
    const pictures = registry.match(selector).map((series) => takePicture(series, registry.heads));
    const found: { labels: Labels; pieces: Pieces }[] = [];
    for (let i = 0; i < pictures.length; i += together) {
      const part = pictures.slice(i, i + together);
      const all = await this.readPart(part, from, to, sources);
      for (const [index, pieces] of all.entries())
        found.push({ labels: part[index]?.series.labels ?? {}, pieces });
    }
    return found;
  }

  private async readPart(
    pictures: readonly Picture[],
    from: number,
    to: number,
    sources: Sources,
  ): Promise<Pieces[]> {
    const ids = pictures.map(({ series }) => series.id);
    const rawFrom = Math.max(from, sources.fineBefore);
    const chunks = rawFrom > to ? [] : await this.tables.chunks(ids, rawFrom, to);
    const usesRollups = sources.fineBefore > from;
    const fine = usesRollups ? await this.tables.rollups(ids, fineMs, from - fineMs, to) : [];
    const coarse = usesRollups ? await this.tables.rollups(ids, coarseMs, from - coarseMs, to) : [];
    return pictures.map((picture) => {
      const mine = <Out>(rows: readonly Stored[], decode: (body: Uint8Array) => Out) =>
        this.decodedOf(picture.series.id, rows, decode);
      return {
        rollups: chooseRollups(
          mine(coarse, decodeRollups).flat(),
          mine(fine, decodeRollups).flat(),
          picture,
          from,
          to,
          sources,
        ),
        points: joinPoints(mine(chunks, decodeChunk), picture, from, rawFrom, to),
      };
    });
  }

  private decodedOf<Out>(id: number, rows: readonly Stored[], decode: (body: Uint8Array) => Out): Out[] {
    const decoded: Out[] = [];
    for (const { series, body } of rows) {
      const one = series === id ? this.decoded(() => decode(body)) : undefined;
      if (one !== undefined) decoded.push(one);
    }
    return decoded;
  }

  private decoded<Out>(decode: () => Out): Out | undefined {
    try {
      return decode();
    } catch {
      this.writing.counts.damaged++;
      return undefined;
    }
  }
}

function takePicture(series: Series, heads: Heads): Picture {
  const { sealedEnd, coarseEnd, slot } = series;
  return { series, sealedEnd, coarseEnd, head: heads.points(slot) };
}

/** Hourly rollups exist only for days that are over; after them the 5-minute ones answer. */
function chooseRollups(
  coarse: readonly Rollup[],
  fine: readonly Rollup[],
  { coarseEnd, sealedEnd }: Picture,
  from: number,
  to: number,
  sources: Sources,
): Rollup[] {
  const coarseBefore = Math.min(sources.coarseBefore, sources.fineBefore, coarseEnd);
  return [
    ...coarse.filter(({ start }) => start < coarseBefore && start > from - coarseMs && start <= to),
    ...fine.filter(
      ({ start, firstAt }) =>
        start >= coarseBefore &&
        start < sources.fineBefore &&
        start > from - fineMs &&
        start <= to &&
        firstAt <= sealedEnd,
    ),
  ];
}

function joinPoints(
  chunks: readonly Points[],
  { head, sealedEnd }: Picture,
  from: number,
  rawFrom: number,
  to: number,
): Points {
  const parts = chunks.map((points) => between(points, rawFrom, Math.min(to, sealedEnd)));
  parts.push(between(head, from, to));
  const length = parts.reduce((total, { at }) => total + at.length, 0);
  const at = new Float64Array(length);
  const values = new Float64Array(length);
  let used = 0;
  for (const part of parts) {
    at.set(part.at, used);
    values.set(part.values, used);
    used += part.at.length;
  }
  return { at, values };
}

function between({ at, values }: Points, from: number, to: number): Points {
  const low = firstAfter(at, from, false);
  const high = firstAfter(at, to, true);
  return { at: at.subarray(low, high), values: values.subarray(low, high) };
}

/** Index of the first time that is at or after `bound`, or strictly after it. */
function firstAfter(at: Float64Array, bound: number, isStrict: boolean): number {
  let low = 0;
  let high = at.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const time = at[middle] ?? 0;
    if (time < bound || (isStrict && time === bound)) low = middle + 1;
    else high = middle;
  }
  return low;
}
