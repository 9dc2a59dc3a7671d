/** What lies in folders, so that it can be found again: every file, folder and link, with sums of what is in the files. */
import type { Stats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import { z } from 'zod';
import { readersAtOnce, sha256OfFile } from '../../../machine/file-sums.ts';

const entry = z.object({
  path: z.string(),
  kind: z.enum(['file', 'folder', 'link']),
  /** Permissions with the sticky bits. */
  mode: z.number(),
  owner: z.string(),
  bytes: z.number(),
  /** Milliseconds since the epoch. */
  modifiedAt: z.number(),
  /** Changes with everything that is done to it; only here, never in a restore. */
  changedAt: z.number(),
  /** SHA-256 of a file, where a link leads; null where it was not summed. */
  content: z.string().nullable(),
});
export type Entry = z.output<typeof entry>;

export const tree = z.object({ format: z.literal(1), entries: z.array(entry), changed: z.array(z.string()) });
export type Tree = z.output<typeof tree>;

/** Sockets, pipes and devices are left out: what was in them is gone with their process. */
export async function walk(paths: readonly string[], signal: AbortSignal): Promise<Entry[]> {
  const entries: Entry[] = [];
  const waiting = [[...paths]];
  for (let group = waiting.pop(); group !== undefined; group = waiting.pop()) {
    signal.throwIfAborted();
    const found = await pMap(group, entryOf, { concurrency: readersAtOnce });
    for (const one of found.filter((one) => one !== null)) {
      entries.push(one);
      if (one.kind === 'folder') waiting.push((await namesIn(one.path)).map((name) => join(one.path, name)));
    }
  }
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Null where it went in this moment. */
async function entryOf(path: string): Promise<Entry | null> {
  const stats = await unlessGone(path, () => lstat(path));
  const kind = stats && kindOf(stats);
  if (!stats || !kind) return null;
  const { mode, uid, gid, size, mtimeMs, ctimeMs } = stats;
  const leads = kind === 'link' ? await unlessGone(path, () => readlink(path)) : null;
  return {
    ...{ path, kind, mode: mode & 0o7777, owner: `${uid}:${gid}`, bytes: kind === 'file' ? size : 0 },
    ...{ modifiedAt: mtimeMs, changedAt: ctimeMs, content: leads },
  };
}

function kindOf(stats: Stats): Entry['kind'] | null {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'folder';
  return stats.isSymbolicLink() ? 'link' : null;
}

async function namesIn(path: string): Promise<string[]> {
  return (await unlessGone(path, () => readdir(path))) ?? [];
}

/** Larger trees are summed in a sample that is spread over them all. */
const mostSummedBytes = 20e9;

/** The same, with the sums of its files. @throws where one may not be read */
export async function summed(
  entries: readonly Entry[],
  signal: AbortSignal,
  most: number = mostSummedBytes,
): Promise<Entry[]> {
  const every = Math.max(1, Math.ceil(bytesIn(entries) / most));
  return pMap(
    entries,
    async (one, index) => {
      const isSummed = one.kind === 'file' && index % every === 0;
      return isSummed
        ? { ...one, content: await unlessGone(one.path, () => sha256OfFile(one.path, signal)) }
        : one;
    },
    { concurrency: readersAtOnce },
  );
}

export function bytesIn(entries: readonly Entry[]): number {
  return entries.reduce((sum, { bytes }) => sum + bytes, 0);
}

async function unlessGone<T>(path: string, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    if (code === 'EACCES' || code === 'EPERM')
      throw new Error(`${path} may not be read: run Upkeep as an account that may, or leave it out of paths`);
    throw error;
  }
}

/** Paths that are not what they were, that came or went: what a backup has of them nobody can say. */
export function changedBetween(before: readonly Entry[], after: readonly Entry[]): string[] {
  const now = new Map(after.map((one) => [one.path, one]));
  const gone = before.filter(({ path, changedAt }) => now.get(path)?.changedAt !== changedAt);
  const known = new Set(before.map(({ path }) => path));
  const came = after.filter(({ path }) => !known.has(path));
  return [...gone, ...came].map(({ path }) => path).sort();
}

/** What is not there, or not as it was; sums apart. */
export function structureDifferences(
  { entries, changed }: Tree,
  found: readonly Entry[],
  withOwners: boolean,
): string[] {
  const loose = new Set(changed);
  const here = new Map(found.map((one) => [one.path, one]));
  const lost = entries
    .filter(({ path }) => !loose.has(path))
    .flatMap((one) => {
      const there = here.get(one.path);
      if (!there) return [`${one.path} is missing`];
      if (there.kind !== one.kind) return [`${one.path} is a ${there.kind}, not a ${one.kind}`];
      if (there.bytes !== one.bytes) return [`${one.path} has ${there.bytes} bytes instead of ${one.bytes}`];
      if (one.kind === 'link')
        return there.content === one.content
          ? []
          : [`${one.path} leads to ${there.content}, not ${one.content}`];
      if (there.mode !== one.mode)
        return [`${one.path} has the mode ${there.mode.toString(8)} instead of ${one.mode.toString(8)}`];
      if (withOwners && there.owner !== one.owner)
        return [`${one.path} belongs to ${there.owner} instead of ${one.owner}`];
      // Finer parts of a second are lost on some file systems.
      return Math.abs(there.modifiedAt - one.modifiedAt) < 1_000 ? [] : [`${one.path} has another time`];
    });
  const known = new Set([...entries.map(({ path }) => path), ...changed]);
  const extra = found.filter(({ path }) => !known.has(path));
  return [...lost, ...extra.map(({ path }) => `${path} was not there before`)];
}

/** Files whose content is not what it was. */
export function contentDifferences({ entries, changed }: Tree, found: readonly Entry[]): string[] {
  const loose = new Set(changed);
  const here = new Map(found.map((one) => [one.path, one.content]));
  return entries
    .filter(({ path, kind, content }) => kind === 'file' && content !== null && !loose.has(path))
    .filter(({ path, content }) => here.get(path) !== content)
    .map(({ path }) => `${path} has other content than what was backed up`);
}
