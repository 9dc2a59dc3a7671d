/** Follows the files of a target: paths and globs, also those that come to be later. */
import { glob } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { LogSource, LogTail, RawLine } from '../../core/log/view.ts';
import { type FollowedFile, follow, readOn, release } from './follow.ts';

/** Of one target; the newest names win, as dated names sort last. */
const mostFiles = 16;
/** A glob is looked at anew at every so many calls: files of a new day come this late. */
const globEvery = 5;
/** Rotated and packed files are the past. */
const isRotated = /\.(?:gz|xz|bz2|zst|zip|old|bak|\d{1,3})$/;

export function createTail(paths: readonly string[], folder: string): LogTail {
  const files = new Map<string, FollowedFile>();
  const wanted = paths.map((path) => resolve(folder, path));
  const problems = new Map<string, string>();
  let calls = 0;
  let polling: Promise<readonly RawLine[]> | undefined;

  async function find(): Promise<void> {
    const found = new Set<string>();
    for (const path of wanted) {
      problems.delete(path);
      if (!/[*?[{]/.test(path)) {
        found.add(path);
        continue;
      }
      const matches = await matching(path);
      if (matches.length === 0) problems.set(path, 'no file matches');
      for (const match of matches) found.add(match);
    }
    for (const [path, file] of files) {
      if (found.has(path)) continue;
      files.delete(path);
      await release(file);
    }
    for (const path of found) if (!files.has(path)) files.set(path, follow(path));
  }

  async function poll(): Promise<readonly RawLine[]> {
    if (calls++ % globEvery === 0) await find();
    const lines: RawLine[] = [];
    for (const file of files.values()) {
      for (const part of await readOn(file)) {
        for (const text of part.lines) lines.push({ file: file.path, text, isPast: part.isPast });
      }
    }
    return lines;
  }

  return {
    poll() {
      // A disk that hangs must not pile up calls.
      polling ??= poll().finally(() => {
        polling = undefined;
      });
      return polling;
    },
    sources: (): LogSource[] => [
      ...[...files.values()].map(({ path, unseen }) => ({ path, unseen })),
      ...[...problems].map(([path, unseen]) => ({ path, unseen })),
    ],
    async close() {
      await polling?.catch(() => {});
      for (const file of files.values()) await release(file);
      files.clear();
    },
  };
}

async function matching(pattern: string): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const path of glob(pattern)) if (!isRotated.test(path)) found.push(path);
  } catch {
    // A folder that may not be read matches nothing.
  }
  return found.sort().slice(-mostFiles);
}
