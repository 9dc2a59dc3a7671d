/** File systems that take nothing any more: full, out of inodes, read-only. */
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Drill, firstLack, type Lab } from '../drill.ts';
import { inodes } from '../parts/disk.ts';
import { needsCommand, needsLinux, needsRoot } from './needs.ts';

const short = [
  [
    { diagnosis: 'host.disk-short', target: 'machine' },
    { diagnosis: 'host.disk-filling', target: 'machine' },
  ],
];
const lacks = () =>
  firstLack(needsLinux(), needsRoot(), needsCommand('mkfs.ext4', 'e2fsprogs'), needsCommand('mount'));

export const disk: readonly Drill[] = [
  {
    id: 'host.disk-full',
    row: '10',
    lab: 'disk',
    title: 'A file system is filled by one program',
    does: 'a file system of 48 MB in the sandbox; one file of 44 MB',
    causes: short,
    mitigation: 'explain',
    actions: [],
    lacks,
    inject: async (lab) => {
      const file = join(diskOf(lab).folder, 'export.csv');
      try {
        writeFileSync(file, Buffer.alloc(44 * 1024 * 1024));
      } catch {
        // As full as it gets.
      }
      return async () => rmSync(file, { force: true });
    },
  },
  {
    id: 'host.disk-held',
    row: '10',
    lab: 'disk',
    title: 'A file system is full of a file that was deleted and is still open',
    does: 'one file of 40 MB on a file system of 48 MB, opened, written, deleted and not closed',
    causes: [[{ diagnosis: 'host.disk-filling', target: 'machine' }]],
    mitigation: 'explain',
    actions: [],
    lacks,
    inject: async (lab) => {
      const file = join(diskOf(lab).folder, 'old.log');
      writeFileSync(file, Buffer.alloc(40 * 1024 * 1024));
      const held = openSync(file, 'r');
      rmSync(file);
      return async () => closeSync(held);
    },
  },
  {
    id: 'host.inodes-exhausted',
    row: '46',
    lab: 'disk',
    title: 'No file can be made although there is room: the inodes are used up',
    does: `a file system with ${inodes} inodes in the sandbox; empty files until it refuses`,
    causes: short,
    mitigation: 'explain',
    actions: [],
    lacks,
    inject: async (lab) => {
      const folder = join(diskOf(lab).folder, 'sessions');
      mkdirSync(folder);
      try {
        for (let n = 0; n < inodes; n += 1) writeFileSync(join(folder, `session-${n}`), '');
      } catch {
        // No inode is left.
      }
      return async () => rmSync(folder, { recursive: true, force: true });
    },
  },
  {
    id: 'host.read-only',
    row: '48',
    lab: 'disk',
    title: 'A file system is read-only, as after an error of its disk',
    does: 'mount -o remount,ro <a file system of the sandbox>',
    causes: short,
    mitigation: 'explain',
    actions: [],
    lacks,
    inject: async (lab) => {
      await diskOf(lab).remount('ro');
      return () => diskOf(lab).remount('rw');
    },
  },
];

function diskOf({ disk: found }: Lab) {
  if (found === undefined) throw new Error('this sandbox has no file system of its own');
  return found;
}
