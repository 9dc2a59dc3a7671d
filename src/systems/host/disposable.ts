/** Files that the configuration declares to be disposable, less all that may hold data after all. */
import { createHash } from 'node:crypto';
import { glob, lstat, realpath, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { largeOpenFiles } from '../../machine/open-files.ts';
import type { HostConfig } from './config.ts';

export interface Disposable {
  readonly path: string;
  /** On the disk. */
  readonly bytes: number;
  /** Last written, epoch milliseconds. */
  readonly writtenAt: number;
  readonly inode: number;
}

export interface Space {
  readonly size: number;
  readonly available: number;
  readonly inodes: number;
  readonly inodesFree: number;
}

const mostFiles = 20_000;

/** Names that hold data or the log of it, wherever somebody put them. */
const dataName =
  /^(pg_wal|pg_xlog|pg_tblspc|PG_VERSION|ibdata\d*|ib_logfile\d+|#innodb_redo|.*\.(ibd|frm|MYD|MYI|rdb|aof|sqlite3?|db)|appendonlydir|(mysql|mariadb|binlog)-bin\.\d+|binlog\.\d+)$/i;
const systemFolder = /^\/(bin|boot|dev|etc|lib\w*|proc|run|sbin|sys|usr)(\/|$)/;

export async function spaceOf(mount: string): Promise<Space> {
  const { blocks, bavail, bfree, bsize, files, ffree } = await statfs(mount);
  // As df reckons: what root keeps for itself is no part of the whole.
  return {
    size: (blocks - bfree + bavail) * bsize,
    available: bavail * bsize,
    inodes: files,
    inodesFree: ffree,
  };
}

/** Oldest first. */
export async function disposables(config: HostConfig, mount: string, now: number): Promise<Disposable[]> {
  const device = (await stat(mount)).dev;
  const found = new Map<string, Disposable>();
  for (const { files, olderThan, keep } of config.free) {
    const matching: Disposable[] = [];
    for await (const name of glob(files)) {
      if (matching.length >= mostFiles) break;
      const file = await disposable(name, device);
      if (file !== undefined) matching.push(file);
    }
    const newestFirst = matching.sort((a, b) => b.writtenAt - a.writtenAt);
    for (const file of newestFirst.slice(keep))
      if (now - file.writtenAt >= olderThan) found.set(file.path, file);
  }
  // Deleting what somebody holds open frees nothing, and takes away what he writes.
  const held = new Set((await largeOpenFiles(0, 100_000)).map((file) => `${file.device}:${file.inode}`));
  return [...found.values()]
    .filter((file) => !held.has(`${device}:${file.inode}`))
    .sort((a, b) => a.writtenAt - b.writtenAt || (a.path < b.path ? -1 : 1));
}

async function disposable(path: string, device: number): Promise<Disposable | undefined> {
  const info = await lstat(path).catch(() => undefined);
  if (info === undefined || !info.isFile() || info.nlink !== 1 || info.dev !== device) return undefined;
  // Through a link the pattern would reach where it does not point.
  if ((await realpath(path).catch(() => '')) !== path) return undefined;
  if (systemFolder.test(path) || path.split('/').some((part) => dataName.test(part))) return undefined;
  if (await isInDataFolder(dirname(path))) return undefined;
  return { path, bytes: info.blocks * 512, writtenAt: Math.round(info.mtimeMs), inode: info.ino };
}

/** A folder above it holds a database. */
async function isInDataFolder(folder: string): Promise<boolean> {
  for (const sign of ['PG_VERSION', 'pg_wal', 'ibdata1', 'appendonlydir'])
    if ((await lstat(join(folder, sign)).catch(() => undefined)) !== undefined) return true;
  return folder !== '/' && isInDataFolder(dirname(folder));
}

/** Which files exactly: another file of the same name has another inode or another time. */
export function digestOf(files: readonly Disposable[]): string {
  const hash = createHash('sha256');
  for (const { path, inode, writtenAt, bytes } of files)
    hash.update(`${path}\0${inode}\0${writtenAt}\0${bytes}\n`);
  return hash.digest('hex').slice(0, 32);
}
