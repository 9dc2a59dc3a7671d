/** What is kept of samples past their raw life: per series and bucket, all of it mergeable. */
import { ByteReader, ByteWriter } from './bytes.ts';
import type { Points } from './chunk.ts';
import { powerOf, readColumn, readTimes, writeColumn, writeTimes } from './column.ts';
import { unwrap, wrap } from './envelope.ts';
import { binOf, readSketch, type Sketch, SketchSum, sketchOf, writeSketch } from './sketch.ts';

export const fineMs = 300_000;
export const coarseMs = 3_600_000;

/** One bucket, or the part of it that one sealed chunk held. NaN samples are not counted. */
export interface Rollup {
  /** A multiple of the bucket's width, epoch milliseconds. */
  readonly start: number;
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly first: number;
  readonly last: number;
  /** Sum of the values that a counter had before each reset inside: increase = last - first + dropped. */
  readonly dropped: number;
  readonly sketch: Sketch;
}

/** Buckets of ascending points. `decimals` (of the values, -1 unknown) keeps sums free of binary dust. */
export function rollUp({ at, values }: Points, widthMs: number, decimals: number): Rollup[] {
  const bins = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) bins[i] = binOf(values[i] ?? 0);
  const isCounter = fallsSeldom(values);
  const rollups: Rollup[] = [];
  let from = 0;
  while (from < at.length) {
    const start = Math.floor((at[from] ?? 0) / widthMs) * widthMs;
    let to = from + 1;
    while (to < at.length && (at[to] ?? 0) < start + widthMs) to++;
    const rollup = ofBucket(start, at, values, bins, from, to, decimals, isCounter);
    if (rollup) rollups.push(rollup);
    from = to;
  }
  return rollups;
}

function ofBucket(
  start: number,
  at: Float64Array,
  values: Float64Array,
  bins: Int32Array,
  from: number,
  to: number,
  decimals: number,
  isCounter: boolean,
): Rollup | undefined {
  let count = 0;
  let sum = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let firstIndex = -1;
  let lastIndex = -1;
  let dropped = 0;
  for (let i = from; i < to; i++) {
    const value = values[i] ?? 0;
    if (Number.isNaN(value)) continue;
    if (firstIndex < 0) firstIndex = i;
    else if (isCounter && value < (values[lastIndex] ?? 0)) dropped += values[lastIndex] ?? 0;
    bins[from + count] = bins[i] ?? 0;
    lastIndex = i;
    count++;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (count === 0) return undefined;
  const power = powerOf(decimals);
  const isExact = decimals >= 0 && Math.abs(sum * power) < 2 ** 51;
  return {
    start,
    count,
    firstAt: at[firstIndex] ?? start,
    lastAt: at[lastIndex] ?? start,
    min,
    max,
    sum: isExact ? Math.round(sum * power) / power : sum,
    first: values[firstIndex] ?? 0,
    last: values[lastIndex] ?? 0,
    dropped,
    sketch: sketchOf(bins, from, from + count),
  };
}

/** A gauge falls about as often as it rises; only counters need what was lost at resets. */
function fallsSeldom(values: Float64Array): boolean {
  let falls = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] ?? 0) < (values[i - 1] ?? 0)) falls++;
  return falls * 10 <= values.length && (values[0] ?? 0) >= 0;
}

/** One rollup of several that follow one another (`start` becomes that of the bucket they are put in). */
function mergeRollups(start: number, parts: readonly Rollup[]): Rollup {
  const [head] = parts;
  if (!head) throw new RangeError('no rollups to merge');
  const sketch = new SketchSum();
  let merged = { ...head, start };
  sketch.merge(head.sketch);
  for (const part of parts.slice(1)) {
    sketch.merge(part.sketch);
    merged = {
      ...merged,
      count: merged.count + part.count,
      lastAt: part.lastAt,
      min: Math.min(merged.min, part.min),
      max: Math.max(merged.max, part.max),
      sum: merged.sum + part.sum,
      last: part.last,
      dropped: merged.dropped + part.dropped + (part.first < merged.last ? merged.last : 0),
    };
  }
  return { ...merged, sketch: sketch.toSketch() };
}

/** Fine rollups, ascending, gathered into wider buckets. */
export function widen(rollups: readonly Rollup[], widthMs: number): Rollup[] {
  const wide: Rollup[] = [];
  let from = 0;
  while (from < rollups.length) {
    const start = Math.floor((rollups[from]?.start ?? 0) / widthMs) * widthMs;
    let to = from + 1;
    while (to < rollups.length && (rollups[to]?.start ?? 0) < start + widthMs) to++;
    wide.push(mergeRollups(start, rollups.slice(from, to)));
    from = to;
  }
  return wide;
}

const numbers = ['min', 'max', 'sum', 'first', 'last', 'dropped'] as const;
const wholes = [
  (rollup: Rollup) => rollup.count,
  (rollup: Rollup) => rollup.firstAt - rollup.start,
  (rollup: Rollup) => rollup.lastAt - rollup.firstAt,
];
const scratch = new ByteWriter(16_384);

/** `decimals` hold all the values where they are known; it is found out for each column otherwise. */
export function encodeRollups(rollups: readonly Rollup[], decimals?: number): Uint8Array<ArrayBuffer> {
  scratch.clear();
  scratch.unsigned(rollups.length);
  const column = new Float64Array(rollups.length);
  const fill = (pick: (rollup: Rollup) => number) => {
    for (let i = 0; i < rollups.length; i++) {
      const rollup = rollups[i];
      if (rollup) column[i] = pick(rollup);
    }
  };
  fill((rollup) => rollup.start);
  writeTimes(scratch, column, column.length);
  for (const pick of wholes) {
    fill(pick);
    writeColumn(scratch, column, column.length, 0);
  }
  for (const name of numbers) {
    fill((rollup) => rollup[name]);
    writeColumn(scratch, column, column.length, decimals);
  }
  for (const { sketch } of rollups) writeSketch(scratch, sketch);
  return wrap('rollup', scratch.written());
}

/** Throws DamagedBlob for anything that `encodeRollups` did not write. */
export function decodeRollups(blob: Uint8Array): Rollup[] {
  const input = new ByteReader(unwrap('rollup', blob));
  const length = input.unsigned();
  const starts = readTimes(input, length);
  const [counts, firstOffsets, spans, min, max, sum, first, last, dropped] = Array.from({ length: 9 }, () =>
    readColumn(input, length),
  );
  return Array.from({ length }, (_, i) => {
    const start = starts[i] ?? 0;
    const firstAt = start + (firstOffsets?.[i] ?? 0);
    return {
      start,
      count: counts?.[i] ?? 0,
      firstAt,
      lastAt: firstAt + (spans?.[i] ?? 0),
      min: min?.[i] ?? Number.NaN,
      max: max?.[i] ?? Number.NaN,
      sum: sum?.[i] ?? Number.NaN,
      first: first?.[i] ?? Number.NaN,
      last: last?.[i] ?? Number.NaN,
      dropped: dropped?.[i] ?? 0,
      sketch: readSketch(input),
    };
  });
}
