/** What takes the space of a file system: a walk with bounds, for a look in the middle of trouble. */
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/time.ts';

export interface FolderSize {
  readonly path: string;
  /** Bytes on the disk and number of the files directly in it. */
  bytes: number;
  files: number;
  /** Of files written in the last hour. */
  recentBytes: number;
}

const mostEntries = 60_000;
const withinMs = 4_000;
const recentMs = 3_600_000;

/** Broad first, on one file system, links not followed; `isWhole` is false where a bound was met. */
export async function largestFolders(
  root: string,
  ctx: { readonly signal: AbortSignal; readonly clock: Clock },
): Promise<{ folders: FolderSize[]; isWhole: boolean }> {
  const { dev } = await lstat(root);
  const [until, now] = [ctx.clock.monotonic() + withinMs, ctx.clock.now()];
  const folders: FolderSize[] = [];
  const waiting = [root];
  let entries = 0;
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    const size: FolderSize = { path, bytes: 0, files: 0, recentBytes: 0 };
    folders.push(size);
    // A folder that may not be read, or is gone by now, counts as empty.
    const opened = await opendir(path).catch(() => undefined);
    if (opened === undefined) continue;
    for await (const entry of opened) {
      if (ctx.signal.aborted || ++entries > mostEntries || ctx.clock.monotonic() > until)
        return { folders, isWhole: false };
      const info = await lstat(join(path, entry.name)).catch(() => undefined);
      if (info === undefined || info.dev !== dev) continue;
      if (info.isDirectory()) waiting.push(join(path, entry.name));
      const bytes = info.blocks * 512;
      size.files += 1;
      size.bytes += bytes;
      if (info.isFile() && now - info.mtimeMs < recentMs) size.recentBytes += bytes;
    }
  }
  return { folders, isWhole: true };
}
