import { execFile } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { locate } from '../../demo/optional.ts';
import type { Stack } from '../../demo/stack.ts';

const run = promisify(execFile);
export const mkfs = { command: 'mkfs.ext4', apt: 'e2fsprogs', without: '' };

const sizeBytes = 48 * 1024 * 1024;
export const inodes = 256;

/** A small file system of its own, in a file of the sandbox. */
export interface Disk {
  readonly folder: string;
  remount(how: 'ro' | 'rw'): Promise<void>;
  unmount(): Promise<void>;
}

/** Needs root. The guardian unmounts it where this process dies. */
export async function mountDisk(stack: Stack): Promise<Disk> {
  const image = join(stack.folder, 'disk.image');
  const folder = join(stack.folder, 'disk');
  mkdirSync(folder);
  writeFileSync(image, '');
  truncateSync(image, sizeBytes);
  await run(locate(mkfs) ?? mkfs.command, ['-q', '-N', String(inodes), '-m', '0', image]);
  await run('mount', ['-o', 'loop', image, folder]);
  return {
    folder,
    remount: async (how) => void (await run('mount', ['-o', `remount,${how}`, folder])),
    unmount: async () => void (await run('umount', ['-l', folder])),
  };
}
