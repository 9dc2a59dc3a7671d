/** What every stored blob wears: kind and format version, compression, CRC-32. */
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';

/** Kind in the high half, format version in the low half. */
export const kinds = { chunk: 0x11, journal: 0x21, rollup: 0x31 } as const;
export type Kind = keyof typeof kinds;

const headBytes = 6;
const deflated = 1;

/** A blob that cannot be read: torn, changed, or written by a newer Upkeep. */
export class DamagedBlob extends Error {
  override readonly name = 'DamagedBlob';
}

export function wrap(kind: Kind, payload: Uint8Array, compress: boolean): Uint8Array<ArrayBuffer> {
  const packed = compress ? deflateRawSync(payload, { level: 1 }) : payload;
  const isSmaller = compress && packed.length < payload.length;
  const body = isSmaller ? packed : payload;
  const blob = new Uint8Array(headBytes + body.length);
  blob[0] = kinds[kind];
  blob[1] = isSmaller ? deflated : 0;
  blob.set(body, headBytes);
  new DataView(blob.buffer).setUint32(2, checksum(blob), true);
  return blob;
}

export function unwrap(kind: Kind, blob: Uint8Array): Uint8Array {
  if (blob.length < headBytes || blob[0] !== kinds[kind]) {
    throw new DamagedBlob(`not a ${kind} of a format this Upkeep knows (byte ${blob[0] ?? 'missing'})`);
  }
  const stored = new DataView(blob.buffer, blob.byteOffset, headBytes).getUint32(2, true);
  if (stored !== checksum(blob)) throw new DamagedBlob(`the checksum of a ${kind} does not match`);
  const body = blob.subarray(headBytes);
  return blob[1] === deflated ? inflateRawSync(body) : body;
}

function checksum(blob: Uint8Array): number {
  return crc32(blob.subarray(headBytes), crc32(blob.subarray(0, 2)));
}
