/** What runs on this machine: who is whose child, and whose mark a process bears. */
import { readdirSync, readFileSync } from 'node:fs';
import { isOwnerAlive } from '../../../src/machine/tied.ts';

export interface Seen {
  readonly pid: number;
  readonly command: string;
}

/** Children, their children, and so on. */
export function descendants(pid: number): number[] {
  const all: number[] = [];
  for (const one of childrenOf(pid)) all.push(one, ...descendants(one));
  return all;
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
        .trim()
        .split(' ')
        .filter(Boolean)
        .map(Number),
    );
  } catch {
    return [];
  }
}

/** Programs of an Upkeep that is gone; of a test elsewhere on this machine as well, so the pid of its owner is asked for. */
export function orphansOf(owner: number): Seen[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const environment = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
        const of = environment
          .find((one) => one.startsWith('UPKEEP_CHILD_OF='))
          ?.slice('UPKEEP_CHILD_OF='.length);
        if (of === undefined || of.split('/')[1] !== String(owner) || isOwnerAlive(of)) return [];
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return command === '' ? [] : [{ pid: Number(name), command }];
      } catch {
        return [];
      }
    });
}

/** Of servers that are killed with all their children, as by a machine that runs out of memory. */
export function killTree(pid: number): void {
  for (const one of [pid, ...descendants(pid)]) killNow(one);
}

export function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
