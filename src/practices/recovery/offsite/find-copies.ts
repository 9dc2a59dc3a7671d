/** Copies that lie in a bucket and stand in no catalogue: each tells by its own sealed index what it is a copy of. */
import type { Bucket, StoredObject } from '../../../core/backup/bucket.ts';
import type { Manifest } from '../../../core/backup/engine.ts';
import type { Evidence } from '../../../core/backup/evidence.ts';
import { readEvidence } from './evidence-files.ts';
import { type CopyIndex, indexName, keyName, parseIndex, partName, prefixOf } from './index-file.ts';
import { bytesOf, type Keyring, type Seal, sumOf } from './seal.ts';

export interface Search {
  /** Below what in the bucket, and of which plan. */
  readonly prefix: string;
  readonly plan: string;
  readonly passphrase: string;
  readonly keys: Keyring;
  /** Ids of those that are known. */
  readonly known: ReadonlySet<string>;
}

export interface FoundCopy {
  readonly id: string;
  readonly index: CopyIndex;
  readonly manifest: Manifest;
  /** What lies beside it of proofs; nobody has looked at its signatures. */
  readonly evidence: readonly Evidence[];
  /** SHA-256 of its index. */
  readonly sum: string;
  /** SHA-256 of its locked key. */
  readonly keySum: string;
  /** As it lies there. */
  readonly bytes: number;
  readonly writtenAt: number | null;
  /** Of its key and its index, the earlier; null where one is not locked. */
  readonly lockedUntil: number | null;
}

export interface Searched {
  /** Newest first. */
  readonly found: readonly FoundCopy[];
  /** Those that do not say what they are, and why. */
  readonly unopened: readonly { readonly id: string; readonly why: string }[];
}

/** Ids of ours alone: what else lies there is nobody's copy. */
const idForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const manifestFile = 'manifest.json';
/** A manifest has a line for each table and file (J). */
const mostManifestBytes = 256 * 1_048_576;

/** @throws where the bucket does not answer */
export async function findCopies(bucket: Bucket, search: Search, signal: AbortSignal): Promise<Searched> {
  const base = prefixOf(search.prefix, search.plan, '').replace(/\/$/, '');
  const objects = await bucket.list(base, signal);
  const byId = Map.groupBy(objects, ({ key }) => key.slice(base.length).split('/')[0] ?? '');
  const found: FoundCopy[] = [];
  const unopened: { id: string; why: string }[] = [];
  for (const [id, own] of [...byId].toSorted(([a], [b]) => (a < b ? 1 : -1))) {
    const prefix = `${base}${id}/`;
    // One without its index was cut off.
    const isWhole = own.some(({ key }) => key === `${prefix}${indexName}`);
    if (!idForm.test(id) || search.known.has(id) || !isWhole) continue;
    try {
      found.push(await read(bucket, search, { id, prefix, own }, signal));
    } catch (error) {
      signal.throwIfAborted();
      unopened.push({ id, why: error instanceof Error ? error.message : String(error) });
    }
  }
  return { found, unopened };
}

async function read(
  bucket: Bucket,
  { plan, passphrase, keys }: Search,
  { id, prefix, own }: { id: string; prefix: string; own: readonly StoredObject[] },
  signal: AbortSignal,
): Promise<FoundCopy> {
  const get = (name: string) => bucket.get(`${prefix}${name}`, signal);
  const locked = await bytesOf(await get(keyName));
  const seal = await keys.open(locked, passphrase);
  const text = await bytesOf(await seal.open(await get(indexName)));
  const index = parseIndex(Buffer.from(text).toString());
  if (index.plan !== plan)
    throw new Error(`it is a copy of ${index.plan}, and lies where those of ${plan} do`);
  const [keyLook, indexLook] = [
    await bucket.look(`${prefix}${keyName}`, signal),
    await bucket.look(`${prefix}${indexName}`, signal),
  ];
  const locks = [keyLook?.lockedUntil ?? null, indexLook?.lockedUntil ?? null].filter((at) => at !== null);
  return {
    ...{ id, index, manifest: await manifestIn(index, get, seal) },
    evidence: await readEvidence(
      own.map(({ key }) => key.slice(prefix.length)),
      async (name) => seal.open(await get(name)),
    ),
    ...{ sum: sumOf(text), keySum: sumOf(locked) },
    bytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
    writtenAt: indexLook?.writtenAt ?? null,
    lockedUntil: locks.length === 2 ? Math.min(...locks) : null,
  };
}

/** What its engine wrote down of it; a restore cannot do without. */
async function manifestIn(
  { files }: CopyIndex,
  get: (name: string) => Promise<ReadableStream<Uint8Array>>,
  seal: Seal,
): Promise<Manifest> {
  const file = files.find(({ path }) => path === manifestFile);
  if (file === undefined) throw new Error(`it holds no ${manifestFile}`);
  if (file.bytes > mostManifestBytes) throw new Error(`its ${manifestFile} is too large to be read`);
  const parts: Uint8Array[] = [];
  for (let part = 0; part < file.parts; part++)
    parts.push(await bytesOf(await seal.open(await get(partName(manifestFile, part)))));
  const text = Buffer.concat(parts);
  if (sumOf(text) !== file.sha256)
    throw new Error(`its ${manifestFile} has another checksum than when it was written`);
  const manifest: Manifest = JSON.parse(text.toString());
  return manifest;
}
