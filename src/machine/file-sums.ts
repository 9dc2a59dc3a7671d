/** Length and SHA-256 of files, and what of them is not as it was. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import pMap from 'p-map';
import { type Lengths, lengthFlaw } from '../core/backup/size.ts';

/** Up to here a file is read at once: a stream costs more than the reading. */
const smallBytes = 1024 * 1024;
/** Disks answer several readers sooner than one after the other; more would only hold memory. */
export const readersAtOnce = 4;

/** By path below the folder. */
export type FileSums = Record<string, { readonly bytes: number; readonly sha256: string }>;

export async function sha256OfFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  if ((await stat(path)).size <= smallBytes)
    return hash.update(await readFile(path, { signal })).digest('hex');
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest('hex');
}

/** Every file below the folder. */
export function readFileSums(folder: string, signal: AbortSignal): Promise<FileSums> {
  return ofEachFile(folder, async (path) => {
    const sha256 = await sha256OfFile(path, signal);
    return { bytes: (await stat(path)).size, sha256 };
  });
}

/** Length of every file below the folder; nothing is read. */
export function readLengths(folder: string): Promise<Lengths> {
  return ofEachFile(folder, async (path) => ({ bytes: (await stat(path)).size }));
}

async function ofEachFile<Seen>(
  folder: string,
  look: (path: string) => Promise<Seen>,
): Promise<Record<string, Seen>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((one) => one.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const seen = await pMap(files, async (path) => [relative(folder, path), await look(path)] as const, {
    concurrency: readersAtOnce,
  });
  return Object.fromEntries(seen);
}

/** What differs from what was written, in words. */
export function fileDifferences(expected: FileSums, found: FileSums): string[] {
  const changed = Object.entries(expected).flatMap(([name, written]) => {
    const here = found[name];
    const flaw = lengthFlaw(name, written, here);
    if (flaw !== null) return [flaw];
    return here?.sha256 === written.sha256 ? [] : [`${name} has another checksum than when it was written`];
  });
  const extra = Object.keys(found).filter((name) => !(name in expected));
  return [...changed, ...extra.map((name) => `${name} was not written by this backup`)];
}
