/**
 * One append as one row: what was accepted, in order of arrival, so that a restart finds the unsealed heads.
 * Rows live for two hours, so they are bare columns: making them small would cost more than the disk does.
 */
import { ByteReader } from './bytes.ts';
import { powerOf } from './column.ts';
import { DamagedBlob, envelopeBytes, kinds, unwrap, wrapInPlace } from './envelope.ts';

/** Count, bytes of a time, time that the others count from. */
const headBytes = 16;
const narrow = 4;
const wide = 8;
/** Where the payload begins in the buffer, so that columns of doubles can be laid into it. */
const aligned = 8;

export class JournalWriter {
  at = new Float64Array(4_096);
  values = new Float64Array(4_096);
  private ids = new Uint32Array(4_096);
  private payload = new ArrayBuffer(65_536);
  count = 0;

  add(series: number, at: number, value: number): void {
    const index = this.count;
    if (index === this.at.length) this.widen();
    this.ids[index] = series;
    this.at[index] = at;
    this.values[index] = value;
    this.count = index + 1;
  }

  private widen(): void {
    const length = this.at.length * 2;
    const { at, values, ids } = this;
    this.at = new Float64Array(length);
    this.values = new Float64Array(length);
    this.ids = new Uint32Array(length);
    this.at.set(at);
    this.values.set(values);
    this.ids.set(ids);
  }

  /**
   * The row is valid until the next one is made: a new buffer for each would keep the collector busy. What was
   * added stays readable in `at` and `values` until the next `add`.
   */
  finish(): Uint8Array<ArrayBuffer> {
    const { at, count } = this;
    const base = at[0] ?? 0;
    const width = isNear(at, count, base) ? narrow : wide;
    const length = headBytes + count * (8 + width + 4);
    if (this.payload.byteLength < aligned + length) this.payload = new ArrayBuffer(aligned + length * 2);
    const { payload } = this;
    const head = new DataView(payload, aligned);
    head.setUint32(0, count, true);
    head.setUint32(4, width, true);
    head.setFloat64(8, base, true);
    const values = aligned + headBytes;
    new Float64Array(payload, values, count).set(this.values.subarray(0, count));
    const times = values + count * 8;
    if (width === wide) {
      new Float64Array(payload, times, count).set(at.subarray(0, count));
    } else {
      const distances = new Int32Array(payload, times, count);
      for (let i = 0; i < count; i++) distances[i] = (at[i] ?? 0) - base;
    }
    new Uint32Array(payload, times + count * width, count).set(this.ids.subarray(0, count));
    this.reset();
    const blob = new Uint8Array(payload, aligned - envelopeBytes, envelopeBytes + length);
    return wrapInPlace('journal', blob);
  }

  reset(): void {
    this.count = 0;
  }
}

/** Within 24 days of the base. */
function isNear(at: Float64Array, count: number, base: number): boolean {
  for (let i = 0; i < count; i++) {
    const distance = (at[i] ?? 0) - base;
    if ((distance | 0) !== distance) return false;
  }
  return true;
}

type Visit = (series: number, at: number, value: number) => void;

/** Throws DamagedBlob or RangeError for what no Upkeep wrote. */
export function readJournal(row: Uint8Array, visit: Visit): void {
  if (row[0] === kinds.packedJournal) {
    readPacked(row, visit);
    return;
  }
  // A copy, so that the columns lie where typed arrays may begin.
  const { buffer } = Uint8Array.from(unwrap('journal', row));
  const head = new DataView(buffer);
  const count = head.getUint32(0, true);
  const width = head.getUint32(4, true);
  const base = head.getFloat64(8, true);
  if (buffer.byteLength !== headBytes + count * (8 + width + 4)) {
    throw new DamagedBlob('a journal row is of another length than it says');
  }
  const values = new Float64Array(buffer, headBytes, count);
  const times = headBytes + count * 8;
  const at = width === wide ? new Float64Array(buffer, times, count) : new Int32Array(buffer, times, count);
  const start = width === wide ? 0 : base;
  const ids = new Uint32Array(buffer, times + count * width, count);
  for (let i = 0; i < count; i++) visit(ids[i] ?? 0, start + (at[i] ?? 0), values[i] ?? 0);
}

/** Stands for a full double; otherwise the byte is the number of digits after the point. */
const full = 255;

/** As format 1 wrote it. */
function readPacked(row: Uint8Array, visit: Visit): void {
  const input = new ByteReader(unwrap('packedJournal', row));
  let series = 0;
  let at = 0;
  while (!input.done) {
    series += input.signed();
    at += input.signed();
    const decimals = input.byte();
    visit(series, at, decimals === full ? input.double() : input.signed() / powerOf(decimals));
  }
}
