/** Samples of one series, sealed: times and values compressed together. */
import { ByteReader, ByteWriter } from './bytes.ts';
import { readColumn, readTimes, writeColumn, writeTimes } from './column.ts';
import { unwrap, wrap } from './envelope.ts';

export interface Points {
  /** Ascending epoch milliseconds, no two equal. */
  readonly at: Float64Array;
  readonly values: Float64Array;
}

const scratch = new ByteWriter(16_384);

export function encodeChunk({ at, values }: Points, decimals?: number): Uint8Array<ArrayBuffer> {
  scratch.clear();
  scratch.unsigned(at.length);
  writeTimes(scratch, at, at.length);
  writeColumn(scratch, values, values.length, decimals);
  return wrap('chunk', scratch.written());
}

/** Throws DamagedBlob for anything that `encodeChunk` did not write. */
export function decodeChunk(blob: Uint8Array): Points {
  const input = new ByteReader(unwrap('chunk', blob));
  const count = input.unsigned();
  const at = readTimes(input, count);
  return { at, values: readColumn(input, count) };
}
