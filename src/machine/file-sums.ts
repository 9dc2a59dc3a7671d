/** Length and SHA-256 of files, and what of them is not as it was. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** By path below the folder. */
export type FileSums = Record<string, { readonly bytes: number; readonly sha256: string }>;

export async function sha256OfFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest('hex');
}

/** Every file below the folder. */
export async function readFileSums(folder: string, signal: AbortSignal): Promise<FileSums> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: FileSums = {};
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const sha256 = await sha256OfFile(path, signal);
    found[relative(folder, path)] = { bytes: (await stat(path)).size, sha256 };
  }
  return found;
}

/** What differs from what was written, in words. */
export function fileDifferences(expected: FileSums, found: FileSums): string[] {
  const changed = Object.entries(expected).flatMap(([name, { bytes, sha256 }]) => {
    const here = found[name];
    if (!here) return [`${name} is missing`];
    if (here.bytes !== bytes) return [`${name} has ${here.bytes} bytes instead of ${bytes}`];
    return here.sha256 === sha256 ? [] : [`${name} has another checksum than when it was written`];
  });
  const extra = Object.keys(found).filter((name) => !(name in expected));
  return [...changed, ...extra.map((name) => `${name} was not written by this backup`)];
}

export function bytesOf(found: FileSums): number {
  return Object.values(found).reduce((sum, { bytes }) => sum + bytes, 0);
}
