/** What every stored blob wears: kind and format version, compression, CRC-32. */
import { constants, crc32, inflateRawSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** Kind in the high half, format version in the low half. */
export const kinds = { chunk: 0x11, packedJournal: 0x21, journal: 0x22, rollup: 0x31 } as const;
export type Kind = keyof typeof kinds;

export const envelopeBytes = 6;
const plain = 0;
/** Read, no longer written: zstd takes half the time for the same size. */
const deflated = 1;
const zstd = 2;
/** Blobs are small: wider tables and buffers are only memory to clear. */
const quick = {
  chunkSize: 4_096,
  params: {
    [constants.ZSTD_c_compressionLevel]: 2,
    [constants.ZSTD_c_windowLog]: 12,
    [constants.ZSTD_c_hashLog]: 12,
  },
};

/** A blob that cannot be read: torn, changed, or written by a newer Upkeep. */
export class DamagedBlob extends Error {
  override readonly name = 'DamagedBlob';
}

/** Compressed where that makes it smaller. */
export function wrap(kind: Kind, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const packed = zstdCompressSync(payload, quick);
  const isSmaller = packed.length < payload.length;
  const body = isSmaller ? packed : payload;
  const blob = new Uint8Array(envelopeBytes + body.length);
  blob.set(body, envelopeBytes);
  return close(kind, blob, isSmaller ? zstd : plain);
}

/** The same around a payload that already stands in the blob, after room for the envelope. */
export function wrapInPlace(kind: Kind, blob: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return close(kind, blob, plain);
}

function close(kind: Kind, blob: Uint8Array<ArrayBuffer>, packing: number): Uint8Array<ArrayBuffer> {
  blob[0] = kinds[kind];
  blob[1] = packing;
  new DataView(blob.buffer, blob.byteOffset).setUint32(2, checksum(blob), true);
  return blob;
}

export function unwrap(kind: Kind, blob: Uint8Array): Uint8Array {
  if (blob.length < envelopeBytes || blob[0] !== kinds[kind]) {
    throw new DamagedBlob(`not a ${kind} of a format this Upkeep knows (byte ${blob[0] ?? 'missing'})`);
  }
  if (!isWhole(blob)) throw new DamagedBlob(`the checksum of a ${kind} does not match`);
  const body = blob.subarray(envelopeBytes);
  if (blob[1] === deflated) return inflateRawSync(body);
  return blob[1] === zstd ? zstdDecompressSync(body) : body;
}

/** Whether the blob, of whatever kind, is as it was written. */
export function isWhole(blob: Uint8Array): boolean {
  if (blob.length < envelopeBytes) return false;
  return new DataView(blob.buffer, blob.byteOffset, envelopeBytes).getUint32(2, true) === checksum(blob);
}

function checksum(blob: Uint8Array): number {
  return crc32(blob.subarray(envelopeBytes), crc32(blob.subarray(0, 2)));
}
