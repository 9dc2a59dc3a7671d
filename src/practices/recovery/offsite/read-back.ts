/** Reads a copy back from its bucket, opens it and compares every sum; into a folder where a restore is to follow. */
import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Bucket, BucketFault } from '../../../core/backup/bucket.ts';
import type { EngineContext, Look, Manifest } from '../../../core/backup/engine.ts';
import { count } from '../../../core/count.ts';
import { isLack } from '../../../core/lack.ts';
import { amount } from '../../../core/rule-words.ts';
import { differencesFrom } from './copy.ts';
import { type CopiedFile, type CopyIndex, indexName, keyName, parseIndex, partName } from './index-file.ts';
import { bytesOf, type Keyring, type Seal, sumOf, WrongPassphrase } from './seal.ts';

export interface ReadOrder {
  readonly prefix: string;
  readonly passphrase: string;
  readonly keys: Keyring;
  /** Of `index.json`, as the catalogue remembers it; null where it does not know. */
  readonly sumOfIndex: string | null;
  /** Of its locked key, likewise. */
  readonly sumOfKey: string | null;
  /** Called with that sum when the key was opened. */
  readonly opened: (sumOfKey: string) => Promise<void>;
  /** `the copy of shop made on 2026-11-23 15:08 UTC` */
  readonly what: string;
  readonly manifest: Manifest;
  /** Where the files go; null to compare only. */
  readonly into: string | null;
}

/** Level 0: every object is there; level 1: every sum is the same. Never throws for what is wrong with the copy. */
export async function readBack(bucket: Bucket, order: ReadOrder, ctx: EngineContext): Promise<Look[]> {
  const { signal, clock } = ctx;
  const looks: Look[] = [];
  const began = clock.monotonic();
  const look = (level: 0 | 1, good: boolean, detail: string) => {
    looks.push({ level, good, detail, tookMs: Math.round(clock.monotonic() - began) });
    return looks;
  };
  const there = new Set((await bucket.list(order.prefix, signal)).map(({ key }) => key));
  const missing = (names: readonly string[]) => names.filter((name) => !there.has(`${order.prefix}${name}`));
  const [first] = missing([keyName, indexName]);
  if (first !== undefined) return look(0, false, `${first} is missing in ${bucket.name}`);
  try {
    const read = (name: string) => bucket.get(`${order.prefix}${name}`, signal);
    const seal = await sealIn(await bytesOf(await read(keyName)), order);
    const text = await bytesOf(await seal.open(await read(indexName)));
    const index = parseIndex(Buffer.from(text).toString());
    const gone = missing(index.files.flatMap(namesOf));
    if (gone.length > 0)
      return look(0, false, `${gone[0]} is missing in ${bucket.name} (${count(gone.length, 'object')})`);
    look(0, true, `${count(there.size, 'object')} in ${bucket.name}`);
    if (order.sumOfIndex !== null && sumOf(text) !== order.sumOfIndex)
      return look(1, false, 'the index is another than the one that was written');
    const wrong = [
      ...(await wrongIn(index, order, read, seal, ctx)),
      ...differencesFrom(order.manifest, index.files),
    ];
    const [one] = wrong;
    if (one !== undefined)
      return look(1, false, wrong.length === 1 ? one : `${one}, and ${wrong.length - 1} more`);
    const bytes = index.files.reduce((sum, file) => sum + file.bytes, 0);
    return look(
      1,
      true,
      `${count(index.files.length, 'file')}, ${amount(bytes, 'bytes')}, read back and opened: as they were written`,
    );
  } catch (error) {
    signal.throwIfAborted();
    look(looks.length === 0 ? 0 : 1, false, error instanceof Error ? error.message : String(error));
    if (!isNotSeen(error)) return looks;
    const isWrongKey = error instanceof WrongPassphrase;
    return looks.map((one) => (one.good ? one : { ...one, notRun: true, ...(isWrongKey && { isWrongKey }) }));
  }
}

/** A key that lies there as it was written and does not open tells of the passphrase, and nothing of the copy. */
async function sealIn(locked: Uint8Array, order: ReadOrder): Promise<Seal> {
  const { keys, passphrase, sumOfKey, what } = order;
  const sum = sumOf(locked);
  const seal = await keys.open(locked, passphrase).catch((error: unknown) => {
    if (!(error instanceof WrongPassphrase)) throw error;
    if (sumOfKey !== null && sum !== sumOfKey)
      throw new Error(`${keyName} is another than the one that was written, and does not open`);
    throw new WrongPassphrase(
      sumOfKey === null
        ? `the passphrase does not open ${what}, or its key is damaged: give passphrase: under offsite: of the day that it was made`
        : `the passphrase does not open ${what}, whose key is as it was written: give passphrase: under offsite: of that day`,
    );
  });
  await order.opened(sum);
  return seal;
}

/** The storage fails, or there is no room here to read it into: what lies there was not looked at. */
function isNotSeen(error: unknown): boolean {
  return error instanceof BucketFault || isLack(error);
}

function namesOf({ path, parts }: CopiedFile): string[] {
  return Array.from({ length: parts }, (_, part) => partName(path, part));
}

async function wrongIn(
  { files, folders }: CopyIndex,
  { into }: ReadOrder,
  read: (name: string) => Promise<ReadableStream<Uint8Array>>,
  seal: Seal,
  ctx: EngineContext,
): Promise<string[]> {
  const wrong: string[] = [];
  if (into !== null)
    for (const path of folders) await mkdir(join(into, path), { recursive: true, mode: 0o700 });
  for (const [index, file] of files.entries()) {
    ctx.progress(`reading back file ${index + 1} of ${files.length}`);
    const target = into === null ? null : join(into, file.path);
    const said = await readFile(file, target, read, seal).catch((error: unknown) => {
      ctx.signal.throwIfAborted();
      if (isNotSeen(error)) throw error;
      return error instanceof Error ? error.message : String(error);
    });
    if (said !== null) wrong.push(`${file.path}: ${said}`);
  }
  return wrong;
}

/** What is wrong with it; null where nothing is. */
async function readFile(
  file: CopiedFile,
  target: string | null,
  read: (name: string) => Promise<ReadableStream<Uint8Array>>,
  seal: Seal,
): Promise<string | null> {
  const hash = createHash('sha256');
  let bytes = 0;
  if (target !== null) await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const out = target === null ? null : await open(target, 'wx', file.mode);
  try {
    for (const name of namesOf(file)) {
      for await (const chunk of await seal.open(await read(name))) {
        hash.update(chunk);
        bytes += chunk.length;
        await out?.writeFile(chunk);
      }
    }
  } finally {
    await out?.close();
  }
  if (bytes !== file.bytes) return `has ${bytes} bytes instead of ${file.bytes}`;
  return hash.digest('hex') === file.sha256 ? null : 'has another checksum than when it was written';
}
