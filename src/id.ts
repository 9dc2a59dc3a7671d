/** The only door to randomness. */
import { createHash, randomBytes } from 'node:crypto';

/** UUIDv7 (RFC 9562): sorts by the time handed in. */
export function newId(now: number): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** 256 random bits, url-safe: for tokens and one-time links. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A number in [0, 1). */
export function random(): number {
  return randomBytes(6).readUIntBE(0, 6) / 2 ** 48;
}
