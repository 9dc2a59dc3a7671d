/** Files and folders below a place that everybody may write. */
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';

export interface OpenToAll {
  /** At most `mostNamed`, in the order they were found. */
  readonly paths: readonly string[];
  readonly found: number;
  /** False when there were too many to look at all, or a folder could not be entered. */
  readonly isWhole: boolean;
}

const mostEntries = 50_000;
const mostNamed = 20;
const everybodyWrites = 0o002;
const sticky = 0o1000;

/** Follows no link and leaves no file system. A folder where only owners may delete (/tmp) is meant so. */
export async function openToAll(place: string, signal: AbortSignal): Promise<OpenToAll> {
  const paths: string[] = [];
  const device = (await lstat(place)).dev;
  let [found, seen, isWhole] = [0, 0, true];
  const waiting = [place];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen++ >= mostEntries || signal.aborted) return { paths, found, isWhole: false };
    const info = await lstat(path).catch(() => undefined);
    if (info === undefined || info.isSymbolicLink() || info.dev !== device) continue;
    const isMeant =
      !(info.isFile() || info.isDirectory()) || (info.isDirectory() && (info.mode & sticky) !== 0);
    if ((info.mode & everybodyWrites) !== 0 && !isMeant) {
      found += 1;
      if (paths.length < mostNamed) paths.push(path);
    }
    if (!info.isDirectory()) continue;
    try {
      for await (const entry of await opendir(path)) waiting.push(join(path, entry.name));
    } catch {
      isWhole = false;
    }
  }
  return { paths, found, isWhole };
}
