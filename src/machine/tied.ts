/**
 * Ties programs to us: what runs for a backup ends when we end, also when we are killed. Linux ends the program itself
 * (PR_SET_PDEATHSIG, which setpriv of util-linux sets). What that began in turn carries our mark in its environment - our
 * pid and start time - by which the next start knows whose it was; no process is ever ended by its name.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, readFileSync, readlinkSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Clock } from '../core/time.ts';
import { programEnvironment, programPath } from './environment.ts';
import { type ProcessStat, parseProcessStat } from './processes.ts';

const markName = 'UPKEEP_CHILD_OF';

export interface Tied {
  /** The program and its arguments; what is started keeps its pid and becomes that program. */
  readonly words: readonly string[];
  /** To be added to its environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** A program that is not there is left as it is, so that starting it says so. */
export async function tied(words: readonly string[]): Promise<Tied> {
  const mark = ownMark();
  const env: Record<string, string> = mark === undefined ? {} : { [markName]: mark };
  canTie ??= triesToTie();
  const isTied = (await canTie) && isProgram(words[0] ?? '');
  return { words: isTied ? [...tie, ...words] : words, env };
}

const tie = ['setpriv', '--pdeathsig', 'KILL', '--'];
let canTie: Promise<boolean> | undefined;

/** BusyBox has a setpriv that cannot do it. */
function triesToTie(): Promise<boolean> {
  if (process.platform !== 'linux') return Promise.resolve(false);
  const [program = '', ...args] = [...tie, 'true'];
  const env = programEnvironment();
  return new Promise((resolve) => {
    execFile(program, args, { env }, (error) => resolve(error === null));
  });
}

function isProgram(name: string): boolean {
  const paths = name.includes('/')
    ? [name]
    : programPath()
        .split(delimiter)
        .map((one) => join(one, name));
  return paths.some((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

let mark: string | null | undefined;

/** `pid:[4026531836]/1234/56789`: the space of pids, our pid in it, our start in clock ticks since boot. */
export function ownMark(): string | undefined {
  if (mark === undefined) {
    try {
      const startTicks = parseProcessStat(readFileSync('/proc/self/stat', 'utf8'))?.startTicks;
      mark =
        startTicks === undefined ? null : `${readlinkSync('/proc/self/ns/pid')}/${process.pid}/${startTicks}`;
    } catch {
      mark = null;
    }
  }
  return mark ?? undefined;
}

/** Whether the process with that mark still runs; true as well where its space of pids is not ours to see. */
export function isOwnerAlive(of: string): boolean {
  const [space, pid, ticks] = of.split('/');
  if (space !== ownMark()?.split('/')[0]) return true;
  try {
    const stat = parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return stat !== undefined && isRunning(stat) && stat.startTicks === Number(ticks);
  } catch {
    return false;
  }
}

export interface EndedProcess {
  readonly pid: number;
  /** The kernel's short name. */
  readonly name: string;
}

const goneWithinMs = 10_000;

/** Ends what a process that is gone has left: at a start, before anything new is begun. */
export async function endLeft(clock: Pick<Clock, 'sleep' | 'monotonic'>): Promise<EndedProcess[]> {
  const own = ownMark();
  if (own === undefined) return [];
  const space = own.split('/')[0] ?? '';
  const ended: EndedProcess[] = [];
  const deadline = clock.monotonic() + goneWithinMs;
  // What one of them begins while we look is found by the next look.
  for (;;) {
    const left = await leftIn(space);
    if (left.length === 0 || clock.monotonic() > deadline) return ended;
    for (const { pid, name } of left) {
      if (!ended.some((one) => one.pid === pid)) ended.push({ pid, name });
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
    await clock.sleep(20);
  }
}

/** In another space of pids, a container's, a pid means another process. */
async function leftIn(space: string): Promise<EndedProcess[]> {
  const left: EndedProcess[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
    const said = environment.split('\0').find((one) => one.startsWith(`${markName}=`));
    const of = said?.slice(markName.length + 1);
    if (!of?.startsWith(`${space}/`) || isOwnerAlive(of)) continue;
    const stat = parseProcessStat(await readFile(`/proc/${name}/stat`, 'utf8').catch(() => ''));
    if (stat && isRunning(stat)) left.push({ pid: stat.pid, name: stat.name });
  }
  return left;
}

/** One that has ended and waits to be looked at does nothing any more. */
function isRunning({ letter }: ProcessStat): boolean {
  return letter !== 'Z' && letter !== 'X';
}
