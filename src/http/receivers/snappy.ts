/** Snappy's block format (google/snappy format_description.txt), from senders that nobody vouches for. */
import snappy from 'snappyjs';

/** @throws where the body is no whole block, or one of more than `most` bytes */
export function unpack(body: Uint8Array, most: number): Uint8Array {
  if (!isWhole(body)) throw new Error('it is no whole block');
  return snappy.uncompress(body, most);
}

/**
 * Whether it unpacks to as much as it says. The library makes room for what is said before it looks, and takes a literal
 * of 2 GB and more for a negative one, which sends it back billions of steps.
 */
function isWhole(body: Uint8Array): boolean {
  const byte = (at: number) => body[at] ?? 0;
  const numberAt = (at: number, bytes: number) => {
    let number = 0;
    for (let n = 0; n < bytes; n++) number += byte(at + n) * 2 ** (8 * n);
    return number;
  };
  let [at, said] = [0, 0];
  for (let shift = 0; ; shift += 7) {
    if (shift > 28 || at >= body.length) return false;
    const part = byte(at++);
    said += (part & 127) * 2 ** shift;
    if (part < 128) break;
  }
  let unpacked = 0;
  while (at < body.length && unpacked <= said) {
    const tag = byte(at++);
    const [kind, high] = [tag & 3, tag >>> 2];
    if (kind === 0) {
      const extra = Math.max(0, high - 59);
      const length = (extra === 0 ? high : numberAt(at, extra)) + 1;
      at += extra + length;
      unpacked += length;
    } else {
      at += kind === 3 ? 4 : kind;
      unpacked += kind === 1 ? (high & 7) + 4 : high + 1;
    }
  }
  return at === body.length && unpacked === said;
}
