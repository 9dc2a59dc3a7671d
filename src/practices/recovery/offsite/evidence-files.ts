/**
 * What proofs found, sealed beside the copy that they are of: whoever has nothing left but the bucket learns there what was
 * proven, by whom it was signed, and believes it or proves the copy anew.
 */
import type { Bucket } from '../../../core/backup/bucket.ts';
import type { Evidence } from '../../../core/backup/evidence.ts';
import { keyName } from './index-file.ts';
import { bytesOf, type Keyring } from './seal.ts';

export const evidenceFolder = 'evidence/';
/** The newest say how it stands; more of a copy that is proven each month for years are not read. */
const mostRead = 24;

const nameOf = (proof: string) => `${evidenceFolder}${proof}.json.age`;

export interface EvidencePlace {
  /** Of the copy in its bucket, with a slash at the end. */
  readonly prefix: string;
  readonly passphrase: string;
  readonly keys: Keyring;
}

export interface SignedProof {
  /** Id of the proof. */
  readonly proof: string;
  /** JSON, signed. */
  readonly evidence: string;
}

/** Sends what does not lie there yet, and says how many those were. @throws where the bucket does not answer */
export async function sendEvidence(
  bucket: Bucket,
  { prefix, passphrase, keys }: EvidencePlace,
  signed: readonly SignedProof[],
  signal: AbortSignal,
): Promise<number> {
  const there = new Set((await bucket.list(`${prefix}${evidenceFolder}`, signal)).map(({ key }) => key));
  const fresh = signed.filter(({ proof }) => !there.has(`${prefix}${nameOf(proof)}`));
  if (fresh.length === 0) return 0;
  const seal = await keys.open(await bytesOf(await bucket.get(`${prefix}${keyName}`, signal)), passphrase);
  for (const { proof, evidence } of fresh)
    await bucket.put(`${prefix}${nameOf(proof)}`, await seal.seal(once(evidence)), null, signal);
  return fresh.length;
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** Those that open and are whole; the others say nothing, and the copy is no worse for it. @param keysThere of the copy's objects */
export async function readEvidence(
  names: readonly string[],
  open: (name: string) => Promise<AsyncIterable<Uint8Array>>,
): Promise<Evidence[]> {
  const found: Evidence[] = [];
  // Ids of proofs are in the order of time.
  const newest = names
    .filter((name) => name.startsWith(evidenceFolder))
    .toSorted()
    .slice(-mostRead);
  for (const name of newest)
    try {
      const evidence: Evidence = JSON.parse(Buffer.from(await bytesOf(await open(name))).toString());
      if (evidence.statement.format === 1) found.push(evidence);
    } catch {
      // A part of one, or what somebody else put there.
    }
  return found;
}
