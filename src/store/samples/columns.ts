/** Times, values and series handles side by side in one buffer that passes between the threads and back. */

const bytesPerSlot = 8 + 8 + 4;

export class Columns {
  readonly buffer: ArrayBuffer;
  readonly slots: number;
  readonly at: Float64Array;
  readonly values: Float64Array;
  readonly handles: Uint32Array;

  constructor(slots: number, buffer = new ArrayBuffer(slots * bytesPerSlot)) {
    this.buffer = buffer;
    this.slots = buffer.byteLength / bytesPerSlot;
    this.at = new Float64Array(buffer, 0, this.slots);
    this.values = new Float64Array(buffer, this.slots * 8, this.slots);
    this.handles = new Uint32Array(buffer, this.slots * 16, this.slots);
  }

  /** The same content with twice the room. */
  widened(): Columns {
    const wide = new Columns(this.slots * 2);
    wide.at.set(this.at);
    wide.values.set(this.values);
    wide.handles.set(this.handles);
    return wide;
  }
}
