/**
 * The unsealed ends of all series, in memory; the journal holds the same samples.
 * Columns by slot and bare arrays, no objects: every sample of every check passes here, and boxed numbers
 * and pointers cost more than the work itself.
 */
import type { Points } from './chunk.ts';

const firstPairs = 32;
/** The last few of a head stand close to those of others: a write for each would miss every cache. */
const recentPairs = 8;
const none = new Float64Array(0);

export class Heads {
  /** Id of the series. */
  ids = new Uint32Array(1024);
  /** Samples at or before this time come too late. */
  floor = new Float64Array(1024);
  lengths = new Uint32Array(1024);
  /** Length at which a head is sealed. */
  limits = new Uint32Array(1024);
  /** Journal row from which on all samples of the head are found. */
  oldestRow = new Float64Array(1024);
  /** When the oldest of them arrived, by our clock. */
  since = new Float64Array(1024);
  private tail = new Float64Array(1024);
  private isUnsettled = new Uint8Array(1024);
  /** By slot, what is not yet in `pairs`, and how many these are. */
  private recent = new Float64Array(1024 * recentPairs * 2);
  private recentCounts = new Uint8Array(1024);
  /** Time and value by turns. */
  private readonly pairs: Float64Array<ArrayBuffer>[] = [];
  private readonly free: number[] = [];

  /** A slot for a series. */
  take(id: number, limit: number): number {
    const slot = this.free.pop() ?? this.pairs.length;
    if (slot === this.floor.length) this.widen(slot * 2);
    this.pairs[slot] = none;
    this.ids[slot] = id;
    this.floor[slot] = Number.NEGATIVE_INFINITY;
    this.lengths[slot] = 0;
    this.limits[slot] = limit;
    this.isUnsettled[slot] = 0;
    this.recentCounts[slot] = 0;
    return slot;
  }

  release(slot: number): void {
    this.pairs[slot] = none;
    this.lengths[slot] = 0;
    this.recentCounts[slot] = 0;
    this.free.push(slot);
  }

  private widen(slots: number): void {
    this.floor = doubles(this.floor, slots);
    this.oldestRow = doubles(this.oldestRow, slots);
    this.since = doubles(this.since, slots);
    this.tail = doubles(this.tail, slots);
    this.ids = integers(this.ids, slots);
    this.lengths = integers(this.lengths, slots);
    this.limits = integers(this.limits, slots);
    this.recent = doubles(this.recent, slots * recentPairs * 2);
    this.isUnsettled = bytes(this.isUnsettled, slots);
    this.recentCounts = bytes(this.recentCounts, slots);
  }

  /** Says whether the head has just become long enough to be sealed. */
  push(slot: number, at: number, value: number, row: number, received: number): boolean {
    const length = this.lengths[slot] ?? 0;
    if (length === 0) {
      this.oldestRow[slot] = row;
      this.since[slot] = received;
    } else if (at <= (this.tail[slot] ?? 0)) {
      this.isUnsettled[slot] = 1;
    }
    const count = this.recentCounts[slot] ?? 0;
    const place = (slot * recentPairs + count) * 2;
    this.recent[place] = at;
    this.recent[place + 1] = value;
    this.recentCounts[slot] = count + 1;
    this.tail[slot] = at;
    this.lengths[slot] = length + 1;
    if (count + 1 === recentPairs) this.gather(slot);
    return length + 1 === (this.limits[slot] ?? 0);
  }

  private gather(slot: number): void {
    const { recent } = this;
    const count = this.recentCounts[slot] ?? 0;
    const length = this.lengths[slot] ?? 0;
    let pairs = this.pairs[slot] ?? none;
    if (length * 2 > pairs.length) {
      pairs = doubles(pairs, Math.max(firstPairs, length * 2) * 2);
      this.pairs[slot] = pairs;
    }
    const from = slot * recentPairs * 2;
    const to = (length - count) * 2;
    for (let i = 0; i < count * 2; i++) pairs[to + i] = recent[from + i] ?? 0;
    this.recentCounts[slot] = 0;
  }

  /** Brings what stands in `pairs` into order; from here on it is whole. */
  private ready(slot: number): void {
    if (this.recentCounts[slot]) this.gather(slot);
    if (this.isUnsettled[slot]) this.settle(slot);
  }

  /** A copy in order of time; of equal times the sample that came last is there. */
  points(slot: number): Points {
    const length = this.lengths[slot] ?? 0;
    return this.read(slot, { at: new Float64Array(length), values: new Float64Array(length) });
  }

  /** As `points`, into arrays that are used again; wider ones take their place where they are too short. */
  read(slot: number, scratch: { at: Float64Array; values: Float64Array }): Points {
    this.ready(slot);
    const pairs = this.pairs[slot] ?? none;
    const length = this.lengths[slot] ?? 0;
    if (scratch.at.length < length) {
      scratch.at = new Float64Array(length * 2);
      scratch.values = new Float64Array(length * 2);
    }
    const { at, values } = scratch;
    for (let i = 0; i < length; i++) {
      at[i] = pairs[i * 2] ?? 0;
      values[i] = pairs[i * 2 + 1] ?? 0;
    }
    return { at: at.subarray(0, length), values: values.subarray(0, length) };
  }

  newest(slot: number): { at: number; value: number } | undefined {
    this.ready(slot);
    const pairs = this.pairs[slot] ?? none;
    const length = this.lengths[slot] ?? 0;
    return length === 0 ? undefined : { at: pairs[length * 2 - 2] ?? 0, value: pairs[length * 2 - 1] ?? 0 };
  }

  private settle(slot: number): void {
    const pairs = this.pairs[slot] ?? none;
    const length = this.lengths[slot] ?? 0;
    const before = pairs.slice(0, length * 2);
    const order = Array.from({ length }, (_, i) => i);
    order.sort((a, b) => (before[a * 2] ?? 0) - (before[b * 2] ?? 0) || a - b);
    let used = 0;
    for (const index of order) {
      const at = before[index * 2] ?? 0;
      if (used > 0 && pairs[used * 2 - 2] === at) used--;
      pairs[used * 2] = at;
      pairs[used * 2 + 1] = before[index * 2 + 1] ?? 0;
      used++;
    }
    this.lengths[slot] = used;
    this.tail[slot] = pairs[used * 2 - 2] ?? 0;
    this.isUnsettled[slot] = 0;
  }

  /** Forgets the first `count` samples in order of time; the rest is found from the row on. */
  drop(slot: number, count: number, row: number, now: number): void {
    this.ready(slot);
    const pairs = this.pairs[slot] ?? none;
    const left = (this.lengths[slot] ?? 0) - count;
    pairs.copyWithin(0, count * 2, (count + left) * 2);
    this.lengths[slot] = left;
    this.oldestRow[slot] = row;
    this.since[slot] = now;
    if (left === 0) this.pairs[slot] = none;
  }
}

function doubles(from: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const to = new Float64Array(length);
  to.set(from);
  return to;
}

function bytes(from: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const to = new Uint8Array(length);
  to.set(from);
  return to;
}

function integers(from: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const to = new Uint32Array(length);
  to.set(from);
  return to;
}
