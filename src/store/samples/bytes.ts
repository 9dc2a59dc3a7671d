/** Growing byte buffer and its reader: LEB128 varints, zigzag, little-endian doubles. */

/** Magnitude up to which a difference of two numbers still zigzags exactly (2^51). */
export const exactLimit = 2 ** 51;

export class ByteWriter {
  private bytes: Uint8Array<ArrayBuffer>;
  private view: DataView;
  length = 0;

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  reserve(extra: number): void {
    const needed = this.length + extra;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** An integer from 0 to 2^53-1. */
  unsigned(value: number): void {
    this.reserve(8);
    const { bytes } = this;
    if (value < 0x80) {
      bytes[this.length++] = value;
      return;
    }
    let rest = value;
    while (rest >= 0x80000000) {
      bytes[this.length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    let low = rest | 0;
    while (low >= 0x80) {
      bytes[this.length++] = (low & 0x7f) | 0x80;
      low >>>= 7;
    }
    bytes[this.length++] = low;
  }

  /** An integer from -2^52 to 2^52. */
  signed(value: number): void {
    this.unsigned(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  double(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  append(chunk: Uint8Array): void {
    this.reserve(chunk.length);
    this.bytes.set(chunk, this.length);
    this.length += chunk.length;
  }

  /** What was written, valid until the next write. */
  written(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }
}

export class ByteReader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private position = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.position >= this.bytes.length;
  }

  byte(): number {
    const value = this.bytes[this.position++];
    if (value === undefined) throw new RangeError('encoded samples end too early');
    return value;
  }

  unsigned(): number {
    let next = this.byte();
    if (next < 0x80) return next;
    let value = next & 0x7f;
    let shift = 7;
    while (shift < 28) {
      next = this.byte();
      value |= (next & 0x7f) << shift;
      if (next < 0x80) return value;
      shift += 7;
    }
    let scale = 2 ** 28;
    for (;;) {
      next = this.byte();
      value += (next & 0x7f) * scale;
      if (next < 0x80) return value;
      scale *= 128;
    }
  }

  signed(): number {
    const value = this.unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  double(): number {
    const value = this.view.getFloat64(this.position, true);
    this.position += 8;
    return value;
  }

  take(length: number): Uint8Array {
    const end = this.position + length;
    if (end > this.bytes.length) throw new RangeError('encoded samples end too early');
    const slice = this.bytes.subarray(this.position, end);
    this.position = end;
    return slice;
  }
}
