/** What lies beside a backup: what was backed up and what each file must be. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';

const files = z.record(z.string(), z.object({ bytes: z.number(), sha256: z.string() }));

export const logicalManifest = z.object({
  format: z.literal(1),
  database: z.string(),
  serverVersion: z.string(),
  major: z.number(),
  encoding: z.string(),
  collate: z.string(),
  ctype: z.string(),
  /** SHA-256 of the schema as pg_dump writes it. */
  schema: z.string(),
  roles: z.number(),
  extensions: z.array(z.string()),
  content: z.array(z.object({ table: z.string(), rows: z.string(), sum: z.string() })),
  files,
});
export type LogicalManifest = z.output<typeof logicalManifest>;

export type Files = z.output<typeof files>;

/** Every file below the folder with its length and SHA-256. */
export async function readFiles(folder: string, signal: AbortSignal): Promise<Files> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: Files = {};
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash, { signal });
    found[relative(folder, path)] = { bytes: (await stat(path)).size, sha256: hash.digest('hex') };
  }
  return found;
}

/** What differs from what was written, in words. */
export function fileDifferences(expected: Files, found: Files): string[] {
  const changed = Object.entries(expected).flatMap(([name, { bytes, sha256 }]) => {
    const here = found[name];
    if (!here) return [`${name} is missing`];
    if (here.bytes !== bytes) return [`${name} has ${here.bytes} bytes instead of ${bytes}`];
    return here.sha256 === sha256 ? [] : [`${name} has another checksum than when it was written`];
  });
  const extra = Object.keys(found).filter((name) => !(name in expected));
  return [...changed, ...extra.map((name) => `${name} was not written by this backup`)];
}

export function bytesOf(found: Files): number {
  return Object.values(found).reduce((sum, { bytes }) => sum + bytes, 0);
}
