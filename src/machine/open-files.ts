/** Large files that processes hold open: who fills a disk, and what was deleted and still takes its space. */
import { readdir, readlink, stat } from 'node:fs/promises';
import { pids } from './processes.ts';

export interface OpenFile {
  readonly pid: number;
  readonly path: string;
  /** Bytes on disk. */
  readonly size: number;
  /** Its name is gone, its space is not until the process closes it. */
  readonly isDeleted: boolean;
  readonly device: number;
  readonly inode: number;
}

/** Largest first, each file once; processes of other users are seen by root alone. */
export async function largeOpenFiles(leastBytes: number, most: number): Promise<OpenFile[]> {
  const found = new Map<string, OpenFile>();
  for (const pid of await pids()) {
    for (const file of await openFilesOf(pid)) {
      if (file.size >= leastBytes) found.set(`${file.device}:${file.inode}`, file);
    }
  }
  return [...found.values()].sort((a, b) => b.size - a.size).slice(0, most);
}

async function openFilesOf(pid: number): Promise<OpenFile[]> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  const files = await Promise.all(
    names.map(async (name): Promise<OpenFile | undefined> => {
      try {
        const path = await readlink(`${folder}/${name}`);
        if (!path.startsWith('/') || path.startsWith('/dev/')) return undefined;
        const info = await stat(`${folder}/${name}`);
        if (!info.isFile()) return undefined;
        const isDeleted = path.endsWith(' (deleted)');
        const bare = isDeleted ? path.slice(0, -' (deleted)'.length) : path;
        // A sparse file takes fewer blocks than its size says.
        const size = Math.min(info.size, info.blocks * 512);
        return { pid, path: bare, size, isDeleted, device: info.dev, inode: info.ino };
      } catch {
        return undefined;
      }
    }),
  );
  return files.filter((file) => file !== undefined);
}
