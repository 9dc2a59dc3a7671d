/** The unsealed end of a series, in memory; the journal holds the same samples. */
import type { Points } from './chunk.ts';

const firstSlots = 32;

export class Head {
  private at = new Float64Array(firstSlots);
  private values = new Float64Array(firstSlots);
  private isSettled = true;
  length = 0;
  /** Journal row from which on all of this head's samples are found. */
  oldestRow = 0;
  /** When the oldest of them arrived, by our clock. */
  since = 0;

  push(at: number, value: number): void {
    const { length } = this;
    if (length === this.at.length) this.grow(length * 2);
    if (length > 0 && at <= (this.at[length - 1] ?? 0)) this.isSettled = false;
    this.at[length] = at;
    this.values[length] = value;
    this.length = length + 1;
  }

  private grow(slots: number): void {
    const at = new Float64Array(slots);
    const values = new Float64Array(slots);
    at.set(this.at.subarray(0, this.length));
    values.set(this.values.subarray(0, this.length));
    this.at = at;
    this.values = values;
  }

  /** In order of time; of equal times the sample that came last stays. The arrays are the head's own. */
  points(): Points {
    if (!this.isSettled) this.settle();
    return { at: this.at.subarray(0, this.length), values: this.values.subarray(0, this.length) };
  }

  private settle(): void {
    const order = Array.from({ length: this.length }, (_, i) => i);
    order.sort((a, b) => (this.at[a] ?? 0) - (this.at[b] ?? 0) || a - b);
    const at = this.at.slice();
    const values = this.values.slice();
    let used = 0;
    for (const index of order) {
      const time = at[index] ?? 0;
      if (used > 0 && this.at[used - 1] === time) used--;
      this.at[used] = time;
      this.values[used] = values[index] ?? 0;
      used++;
    }
    this.length = used;
    this.isSettled = true;
  }

  /** Forgets the first `count` samples in order of time. */
  drop(count: number): void {
    this.at.copyWithin(0, count, this.length);
    this.values.copyWithin(0, count, this.length);
    this.length -= count;
    if (this.length === 0 && this.at.length > 4 * firstSlots) {
      this.at = new Float64Array(firstSlots);
      this.values = new Float64Array(firstSlots);
    }
  }

  get bytes(): number {
    return this.at.byteLength * 2;
  }
}
