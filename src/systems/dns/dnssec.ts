/** The chain from the parent's DS to the zone's keys and signatures (RFC 4034). */
import { createHash } from 'node:crypto';
import type { Answer, DnskeyData, DsData, RrsigData } from 'dns-packet';
import { bare } from './wire.ts';

export interface Signature {
  readonly covers: string;
  /** Epoch milliseconds. */
  readonly from: number;
  readonly until: number;
  readonly keyTag: number;
}

export function signaturesIn(answers: readonly Answer[]): Signature[] {
  return answers.flatMap((each) => (each.type === 'RRSIG' ? [signatureOf(each.data)] : []));
}

function signatureOf({ typeCovered, inception, expiration, keyTag }: RrsigData): Signature {
  return { covers: typeCovered, from: inception * 1_000, until: expiration * 1_000, keyTag };
}

/** The number by which signatures and DS records name a key (RFC 4034, appendix B). */
export function keyTagOf(key: DnskeyData): number {
  const bytes = keyBytes(key);
  let sum = 0;
  for (const [at, byte] of bytes.entries()) sum += at % 2 === 0 ? byte << 8 : byte;
  return (sum + (sum >> 16)) & 0xffff;
}

function keyBytes({ flags, algorithm, key }: DnskeyData): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(flags);
  head[2] = 3;
  head[3] = algorithm;
  return Buffer.concat([head, key]);
}

const digests: Readonly<Record<number, string>> = { 1: 'sha1', 2: 'sha256', 4: 'sha384' };

/** Undefined where its digest is of a kind that is not known here. */
export function isDigestOf(ds: DsData, key: DnskeyData, zone: string): boolean | undefined {
  const kind = digests[ds.digestType];
  if (kind === undefined) return undefined;
  const labels = bare(zone).split('.').filter(Boolean);
  const name = Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')])),
    Buffer.from([0]),
  ]);
  return createHash(kind).update(name).update(keyBytes(key)).digest().equals(ds.digest);
}

export type Chain = 'unsigned' | 'whole' | 'broken' | 'no-parent' | 'unknown';

/**
 * - `no-parent`: the zone is signed and its parent does not say so: nobody checks the signatures
 * - `broken`: the parent promises signatures by keys that the zone does not have: it does not resolve for who checks
 */
export function chainOf(zone: string, ds: readonly DsData[], keys: readonly DnskeyData[]): Chain {
  if (ds.length === 0) return keys.length === 0 ? 'unsigned' : 'no-parent';
  const matches = ds.flatMap((each) => keys.map((key) => isDigestOf(each, key, zone)));
  if (matches.includes(true)) return 'whole';
  return matches.includes(undefined) ? 'unknown' : 'broken';
}
