/**
 * Copies the folder of a backup to a bucket, sealed part by part. What an earlier try left there whole is not sent again;
 * the index goes last. Each object's lock is read back: a server may accept it and forget it.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Bucket } from '../../../core/backup/bucket.ts';
import type { EngineContext, Manifest } from '../../../core/backup/engine.ts';
import { beginStretch } from '../../../core/backup/progress.ts';
import { count } from '../../../core/count.ts';
import { amount } from '../../../core/rule-words.ts';
import { type CopiedFile, type CopyIndex, indexName, keyName, partName } from './index-file.ts';
import { bytesOf, type Keyring, type Seal, sumOf } from './seal.ts';

export interface CopyOrder {
  readonly folder: string;
  /** Of the copy in its bucket, with a slash at the end. */
  readonly prefix: string;
  readonly about: Pick<CopyIndex, 'of' | 'plan' | 'startedAt'>;
  readonly manifest: Manifest;
  readonly passphrase: string;
  readonly lockUntil: number | null;
  readonly keys: Keyring;
  /** Of plain bytes, in one object. */
  readonly partBytes: number;
}

export interface Copied {
  /** As it lies there. */
  readonly bytes: number;
  readonly files: number;
  /** Parts that were there from an earlier try. */
  readonly kept: number;
  readonly sumOfIndex: string;
  /** SHA-256 of its locked key. */
  readonly sumOfKey: string;
  /** The earliest of all objects; null where one is not locked. */
  readonly lockedUntil: number | null;
  readonly writtenAt: number | null;
}

/** Read at a time, so that whatever else goes on has its turn. */
const readBytes = 256 * 1_024;

export async function copyTo(bucket: Bucket, order: CopyOrder, ctx: EngineContext): Promise<Copied> {
  const { signal } = ctx;
  const { partBytes } = order;
  const there = new Map((await bucket.list(order.prefix, signal)).map(({ key, bytes }) => [key, bytes]));
  const sending = startSending(bucket, order, there, signal);
  const { seal, sumOfKey } = await sealOf(bucket, order, there, sending, signal);
  const { files, folders } = await filesIn(order.folder);
  const all = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const copied: CopiedFile[] = [];
  const stretch = beginStretch(ctx, `copying ${amount(all, 'bytes')} to ${bucket.name}`, { of: all });
  for (const file of files) {
    const parts = Math.max(1, Math.ceil(file.bytes / partBytes));
    const hash = createHash('sha256');
    for (let part = 0; part < parts; part++) {
      stretch.at(sending.plain);
      const size = Math.min(partBytes, file.bytes - part * partBytes);
      const plain = partOf(join(order.folder, file.path), part * partBytes, size, hash);
      await sending.part(partName(file.path, part), plain, size, seal);
    }
    copied.push({ ...file, parts, sha256: hash.digest('hex') });
  }
  refuseDamaged(copied, order.manifest);
  const index: CopyIndex = { version: 1, ...order.about, files: copied, folders };
  const text = Buffer.from(JSON.stringify(index));
  const last = await sending.object(indexName, await seal.seal(once(text)));
  return {
    ...{ bytes: sending.sealed, files: copied.length, kept: sending.kept, lockedUntil: sending.lockedUntil },
    ...{ sumOfIndex: sumOf(text), sumOfKey, writtenAt: last },
  };
}

function startSending(
  bucket: Bucket,
  { prefix, lockUntil }: CopyOrder,
  there: ReadonlyMap<string, number>,
  signal: AbortSignal,
) {
  let lockedUntil = lockUntil === null ? null : Number.POSITIVE_INFINITY;
  const state = { plain: 0, sealed: 0, kept: 0 };
  async function look(name: string, bytes: number): Promise<number | null> {
    const found = await bucket.look(`${prefix}${name}`, signal);
    if (found?.bytes !== bytes)
      throw new Error(`${bucket.name}: ${name} has ${found?.bytes ?? 'no'} bytes instead of ${bytes}`);
    if (lockedUntil !== null) lockedUntil = found.lockedUntil && Math.min(lockedUntil, found.lockedUntil);
    state.sealed += bytes;
    return found.writtenAt;
  }
  async function object(name: string, body: Uint8Array): Promise<number | null> {
    await bucket.put(`${prefix}${name}`, body, lockUntil, signal);
    return look(name, body.length);
  }
  return {
    get plain() {
      return state.plain;
    },
    get sealed() {
      return state.sealed;
    },
    get kept() {
      return state.kept;
    },
    get lockedUntil() {
      return lockedUntil;
    },
    look,
    object,
    async part(name: string, plain: AsyncIterable<Uint8Array>, size: number, seal: Seal): Promise<void> {
      const expected = seal.sealedBytes(size);
      if (there.get(`${prefix}${name}`) === expected) {
        // Its sum is needed all the same.
        for await (const _ of plain);
        await look(name, expected);
        state.kept += 1;
      } else await object(name, await seal.seal(plain));
      state.plain += size;
    },
  };
}

type Sending = ReturnType<typeof startSending>;

async function sealOf(
  bucket: Bucket,
  { prefix, passphrase, keys }: CopyOrder,
  there: ReadonlyMap<string, number>,
  sending: Sending,
  signal: AbortSignal,
): Promise<{ seal: Seal; sumOfKey: string }> {
  const key = `${prefix}${keyName}`;
  if (there.has(key)) {
    const locked = await bytesOf(await bucket.get(key, signal));
    await sending.look(keyName, locked.length);
    return { seal: await keys.open(locked, passphrase), sumOfKey: sumOf(locked) };
  }
  const { locked, seal } = await keys.make(passphrase);
  await sending.object(keyName, locked);
  return { seal, sumOfKey: sumOf(locked) };
}

async function* partOf(path: string, start: number, size: number, hash: Hash): AsyncGenerator<Uint8Array> {
  if (size === 0) return;
  let left = size;
  for await (const chunk of createReadStream(path, {
    start,
    end: start + size - 1,
    highWaterMark: readBytes,
  })) {
    hash.update(chunk);
    left -= chunk.length;
    yield chunk;
  }
  if (left !== 0) throw new Error(`${path} became shorter while it was copied`);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** By path, so that a copy which goes on does so in the same order. */
async function filesIn(folder: string): Promise<{
  files: { path: string; bytes: number; mode: number }[];
  folders: string[];
}> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: { path: string; bytes: number; mode: number }[] = [];
  const folders: string[] = [];
  for (const entry of entries) {
    const full = join(entry.parentPath, entry.name);
    const path = relative(folder, full);
    if (entry.isDirectory()) folders.push(path);
    else if (entry.isFile()) {
      const { size, mode } = await stat(full);
      files.push({ path, bytes: size, mode: mode & 0o777 });
    } else throw new Error(`${path} is neither a file nor a folder: such a backup is not copied`);
  }
  const holders = new Set(entries.map(({ parentPath }) => relative(folder, parentPath)));
  const byPath = (a: string, b: string) => (a < b ? -1 : 1);
  return {
    files: files.sort((a, b) => byPath(a.path, b.path)),
    folders: folders.filter((path) => !holders.has(path)).sort(byPath),
  };
}

/** A copy of what is damaged here would look as good as any. */
function refuseDamaged(copied: readonly CopiedFile[], manifest: Manifest): void {
  const wrong = differencesFrom(manifest, copied);
  if (wrong.length > 0)
    throw new Error(
      `${wrong.slice(0, 3).join('; ')}: the backup here is damaged (${count(wrong.length, 'difference')})`,
    );
}

/** What differs from the sums that the engine wrote down, where it did. */
export function differencesFrom(
  { files }: Manifest,
  copied: readonly Pick<CopiedFile, 'path' | 'bytes' | 'sha256'>[],
): string[] {
  if (typeof files !== 'object' || files === null) return [];
  const here = new Map(copied.map((file) => [file.path, file]));
  return Object.entries(files).flatMap(([path, sums]: [string, unknown]) => {
    if (typeof sums !== 'object' || sums === null || !('sha256' in sums)) return [];
    const file = here.get(path);
    if (!file) return [`${path} is missing`];
    return file.sha256 === sums.sha256 ? [] : [`${path} has another checksum than when it was written`];
  });
}
