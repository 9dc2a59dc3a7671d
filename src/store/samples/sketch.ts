/**
 * Mergeable quantiles: DDSketch (Masson, Rim, Lee, PVLDB 12(12), 2019) with logarithmic bins of 1 % relative error.
 * Own code because the npm package writes every bin as a double in protobuf and needs protobufjs, while
 * a stored bin here is one or two bytes.
 */
import type { ByteReader, ByteWriter } from './bytes.ts';

export const relativeError = 0.01;
const gamma = (1 + relativeError) / (1 - relativeError);
const perLog = 1 / Math.log(gamma);
/** Keeps the keys of positive values positive: the least double, 5e-324, has the bin -37219. */
const offset = 40_000;

/** Ascending bins: negative values, zero, positive values. */
export interface Sketch {
  readonly keys: readonly number[];
  readonly counts: readonly number[];
}

/** The bin of a value that is no NaN; infinities share a bin past the greatest double. */
export function binOf(value: number): number {
  if (value === 0) return 0;
  const magnitude = Math.abs(value);
  const bin = magnitude === Infinity ? 2 * offset : Math.ceil(Math.log(magnitude) * perLog) + offset;
  return value > 0 ? bin : -bin;
}

function valueOfBin(bin: number): number {
  if (bin === 0) return 0;
  const exponent = Math.abs(bin) - offset;
  const magnitude =
    exponent === offset ? Infinity : Math.min((2 / (gamma + 1)) * gamma ** exponent, Number.MAX_VALUE);
  return bin > 0 ? magnitude : -magnitude;
}

/** The sketch of the bins `bins[from..to)`, which are put in order. */
export function sketchOf(bins: Int32Array, from: number, to: number): Sketch {
  sortPart(bins, from, to);
  const keys: number[] = [];
  const counts: number[] = [];
  for (let i = from; i < to; i++) {
    const bin = bins[i] ?? 0;
    if (keys.length > 0 && keys[keys.length - 1] === bin)
      counts[counts.length - 1] = (counts[counts.length - 1] ?? 0) + 1;
    else {
      keys.push(bin);
      counts.push(1);
    }
  }
  return { keys, counts };
}

/** By insertion where few: a bucket holds about 30, and a call into the engine's sort costs more. */
function sortPart(bins: Int32Array, from: number, to: number): void {
  if (to - from > 48) {
    bins.subarray(from, to).sort();
    return;
  }
  for (let i = from + 1; i < to; i++) {
    const bin = bins[i] ?? 0;
    let place = i - 1;
    while (place >= from && (bins[place] ?? 0) > bin) {
      bins[place + 1] = bins[place] ?? 0;
      place--;
    }
    bins[place + 1] = bin;
  }
}

export class SketchSum {
  private readonly bins = new Map<number, number>();
  count = 0;

  add(value: number): void {
    this.put(binOf(value), 1);
  }

  merge({ keys, counts }: Sketch): void {
    for (let i = 0; i < keys.length; i++) this.put(keys[i] ?? 0, counts[i] ?? 0);
  }

  private put(bin: number, count: number): void {
    this.bins.set(bin, (this.bins.get(bin) ?? 0) + count);
    this.count += count;
  }

  toSketch(): Sketch {
    const keys = [...this.bins.keys()].sort((a, b) => a - b);
    return { keys, counts: keys.map((key) => this.bins.get(key) ?? 0) };
  }

  /** Values at the quantiles (0 to 1, any order), each within 1 % of a sample of that rank; NaN when empty. */
  quantiles(wanted: readonly number[]): number[] {
    const { keys, counts } = this.toSketch();
    return wanted.map((quantile) => {
      if (this.count === 0) return Number.NaN;
      const rank = quantile * (this.count - 1);
      let seen = 0;
      for (let i = 0; i < keys.length; i++) {
        seen += counts[i] ?? 0;
        if (seen > rank) return valueOfBin(keys[i] ?? 0);
      }
      return valueOfBin(keys[keys.length - 1] ?? 0);
    });
  }
}

/** Linear interpolation between ranks, as Prometheus' quantile_over_time does; `sorted` must not be empty. */
export function exactQuantile(sorted: Float64Array, quantile: number): number {
  const rank = quantile * (sorted.length - 1);
  const low = sorted[Math.floor(rank)] ?? Number.NaN;
  const high = sorted[Math.ceil(rank)] ?? low;
  return low === high ? low : low + (high - low) * (rank - Math.floor(rank));
}

/** Bins as gaps; the lowest bit of a gap says whether the bin holds more than one sample. */
export function writeSketch(out: ByteWriter, { keys, counts }: Sketch): void {
  out.unsigned(keys.length);
  let previous = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] ?? 0;
    const count = counts[i] ?? 1;
    const many = count > 1 ? 1 : 0;
    if (i === 0) {
      out.signed(key);
      out.unsigned(count);
    } else {
      out.unsigned((key - previous) * 2 + many);
      if (many === 1) out.unsigned(count);
    }
    previous = key;
  }
}

export function readSketch(input: ByteReader): Sketch {
  const used = input.unsigned();
  const keys: number[] = [];
  const counts: number[] = [];
  let key = 0;
  for (let i = 0; i < used; i++) {
    if (i === 0) {
      key = input.signed();
      counts.push(input.unsigned());
    } else {
      const gap = input.unsigned();
      key += gap >> 1;
      counts.push(gap & 1 ? input.unsigned() : 1);
    }
    keys.push(key);
  }
  return { keys, counts };
}
