import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import { timestamp } from '../../../clock.ts';
import { defineAction, type Facts } from '../../../core/action.ts';
import { count } from '../../../core/count.ts';
import { demandPermit, demandSteps, demandUnchanged } from '../../../core/demand.ts';
import { parseMounts } from '../../../machine/file-systems.ts';
import { commandLine } from '../../../machine/run-program.ts';
import type { HostConnection } from '../connection.ts';
import { type Disposable, digestOf, disposables, type Space, spaceOf } from '../disposable.ts';

const input = z.strictObject({
  mount: z.string().min(1).describe('Mount point of the full file system, such as /var'),
});

/** Above the rules host.disk and host.inodes with room to spare; no file goes beyond it. */
const enough = 0.2;
/** Below this the rules are critical or near it. */
const short = 0.15;
const linesShown = 100;

export const freeDisk = defineAction<HostConnection, typeof input>({
  id: 'host.free-disk',
  summary: 'Deletes files that the target declares disposable, oldest first and no more than is needed',
  risk: 'risky',
  input,
  privileges: 'To write the folders of `free`; root or CAP_SYS_PTRACE to see what others hold open',

  async plan({ config }, { mount }, ctx) {
    if (config.free.length === 0)
      return { refused: 'no file is declared disposable: set `free` of this target' };
    const mounts = parseMounts(await readFile('/proc/self/mountinfo', 'utf8'));
    if (!mounts.some((each) => each.mountPoint === mount)) return { refused: `${mount} is no mount point` };
    const space = await spaceOf(mount);
    if (roomOf(space) >= short)
      return { refused: `${mount} is not short: ${percent(roomOf(space))} are free` };
    const now = ctx.clock.now();
    const files = needed(await disposables(config, mount, now), space);
    if (files.length === 0)
      return { refused: `no file on ${mount} is declared disposable, old enough and held open by nobody` };
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    return {
      summary: `Delete ${count(files.length, 'file')} (${megabytes(bytes)}) that are declared disposable on ${mount}`,
      steps: stepsOf(files),
      before: { ...factsOf(space), files: files.length, bytes, digest: digestOf(files), plannedAt: now },
      expect: `more than ${percent(short)} of the space and of the inodes of ${mount} are free`,
      undo: { possible: false, how: 'a deleted file is gone; only what is declared disposable is deleted' },
      verifyWithinMs: 10_000,
      holdMs: 30_000,
    };
  },

  async apply({ config }, plan, permit, ctx) {
    demandPermit(permit);
    const { mount } = input.parse(plan.input);
    const all = await disposables(config, mount, Number(plan.before.plannedAt));
    const files = all.slice(0, Number(plan.before.files));
    demandUnchanged(plan, { digest: digestOf(files) }, 'what may be deleted');
    demandSteps(plan, stepsOf(files));
    for (const file of files) {
      ctx.signal.throwIfAborted();
      await rm(file.path);
    }
    return `${count(files.length, 'file')} deleted, ${megabytes(files.reduce((sum, file) => sum + file.bytes, 0))}`;
  },

  async verify(_conn, plan) {
    const { mount } = input.parse(plan.input);
    const space = await spaceOf(mount);
    const good = roomOf(space) >= short;
    const room = `${percent(roomOf(space))} of ${mount} are free`;
    return {
      good,
      detail: good ? room : `${room}: what is declared disposable does not suffice`,
      after: factsOf(space),
    };
  },
});

/** The scarcer of space and inodes. */
function roomOf({ size, available, inodes, inodesFree }: Space): number {
  return Math.min(size > 0 ? available / size : 1, inodes > 0 ? inodesFree / inodes : 1);
}

function needed(files: readonly Disposable[], { size, available, inodes, inodesFree }: Space): Disposable[] {
  let [bytes, entries] = [size * enough - available, inodes * enough - inodesFree];
  return files.filter((file) => {
    if (bytes <= 0 && entries <= 0) return false;
    bytes -= file.bytes;
    entries -= 1;
    return true;
  });
}

function stepsOf(files: readonly Disposable[]): string[] {
  const shown = files
    .slice(0, linesShown)
    .map(
      (file) =>
        `${commandLine(['rm', '--', file.path])}  # ${megabytes(file.bytes)}, ${timestamp(file.writtenAt)}`,
    );
  const left = files.slice(linesShown);
  if (left.length === 0) return shown;
  const bytes = left.reduce((sum, file) => sum + file.bytes, 0);
  return [
    ...shown,
    `and ${count(left.length, 'file')} more of the same patterns, ${megabytes(bytes)} (digest ${digestOf(left)})`,
  ];
}

function factsOf({ size, available, inodes, inodesFree }: Space): Facts {
  return { size, available, inodes, inodesFree };
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
