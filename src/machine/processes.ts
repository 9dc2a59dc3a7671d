/** Processes of this machine: /proc/PID. A process is identified by its pid and its start time together. */
import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { redact } from '../core/redact.ts';
import { readCpu, ticksPerSecond } from './cpu.ts';
import { sharedReading } from './shared-reading.ts';

/** `running` also stands for sleeping: neither stopped nor dead. */
export type ProcessState = 'running' | 'blocked' | 'stopped' | 'zombie';

export interface ProcessFacts {
  readonly pid: number;
  readonly parentPid: number;
  /** The kernel's short name, at most 15 characters; the program's where that is the name of a thread. */
  readonly name: string;
  /** As started; empty for kernel threads. */
  readonly command: readonly string[];
  readonly state: ProcessState;
  /** The kernel's letter: R S D T t Z X I. */
  readonly letter: string;
  /** Clock ticks from boot to its start: with the pid it names one process for as long as the machine is up. */
  readonly startTicks: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** CPU time used so far, user and system. */
  readonly cpuSeconds: number;
  readonly threads: number;
  /** Bytes. */
  readonly resident: number;
  /** Numeric user id; undefined when it cannot be seen. */
  readonly uid: number | undefined;
  /** Started in a terminal, and ended with it. */
  readonly isInTerminal?: true;
}

export interface ProcessStat {
  readonly pid: number;
  readonly name: string;
  readonly letter: string;
  readonly parentPid: number;
  readonly cpuTicks: number;
  readonly threads: number;
  readonly startTicks: number;
  readonly residentPages: number;
  /** It has a controlling terminal. */
  readonly isInTerminal?: true;
}

/** The name stands in brackets and may itself hold brackets and spaces. */
export function parseProcessStat(text: string): ProcessStat | undefined {
  const found = /^(\d+) \((.*)\) (\S) (.*)$/s.exec(text.trim());
  if (found === null) return undefined;
  const [, pid, name = '', letter = '', rest = ''] = found;
  const fields = rest.split(' ').map(Number);
  // Fields of proc(5) from the fourth on: 4 ppid, 7 tty_nr, 14 utime, 15 stime, 20 threads, 22 starttime, 24 rss.
  const field = (number: number) => fields[number - 4] ?? Number.NaN;
  const stat = {
    pid: Number(pid),
    name,
    letter,
    parentPid: field(4),
    cpuTicks: field(14) + field(15),
    threads: field(20),
    startTicks: field(22),
    residentPages: field(24),
    ...(field(7) > 0 ? { isInTerminal: true as const } : {}),
  };
  return Number.isFinite(stat.cpuTicks + stat.startTicks + stat.residentPages) ? stat : undefined;
}

export function stateOf(letter: string): ProcessState {
  if (letter === 'T' || letter === 't') return 'stopped';
  if (letter === 'Z' || letter === 'X' || letter === 'x') return 'zombie';
  return letter === 'D' ? 'blocked' : 'running';
}

/** Arguments as started; a program that rewrites its title leaves one text. */
export function parseCommandLine(text: string): string[] {
  return text
    .replace(/\0+$/, '')
    .split('\0')
    .filter((part, index) => part !== '' || index > 0);
}

const pageBytes = 4_096;

/** What is known of a process; undefined when there is none of that pid. */
export async function processFacts(pid: number): Promise<ProcessFacts | undefined> {
  const bootedAt = (await readCpu())?.bootedAt ?? 0;
  return readProcess(pid, bootedAt);
}

async function readProcess(pid: number, bootedAt: number): Promise<ProcessFacts | undefined> {
  const [statText, commandText, status] = await Promise.all([
    readOptional(`/proc/${pid}/stat`),
    readOptional(`/proc/${pid}/cmdline`),
    readOptional(`/proc/${pid}/status`),
  ]);
  const stat = statText === undefined ? undefined : parseProcessStat(statText);
  if (stat === undefined) return undefined;
  const command = parseCommandLine(commandText ?? '');
  const uid = /^Uid:\s+(\d+)/m.exec(status ?? '')?.[1];
  const residentKilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status ?? '')?.[1];
  return {
    pid: stat.pid,
    parentPid: stat.parentPid,
    name: nameOf(stat.name, command),
    command,
    state: stateOf(stat.letter),
    letter: stat.letter,
    startTicks: stat.startTicks,
    startedAt: bootedAt + Math.round((stat.startTicks / ticksPerSecond) * 1_000),
    cpuSeconds: stat.cpuTicks / ticksPerSecond,
    threads: stat.threads,
    resident:
      residentKilobytes === undefined ? stat.residentPages * pageBytes : Number(residentKilobytes) * 1_024,
    uid: uid === undefined ? undefined : Number(uid),
    ...(stat.isInTerminal ? { isInTerminal: true as const } : {}),
  };
}

/** Node names its first thread MainThread, which says nothing of the program. */
function nameOf(threadName: string, command: readonly string[]): string {
  const program = command[0] === undefined ? '' : basename(command[0]);
  return threadName === 'MainThread' && program !== '' ? program : threadName;
}

/** For people: an interpreter is called by its script, `api` for `node /srv/api.js`. */
export function programName({ name, command }: Pick<ProcessFacts, 'name' | 'command'>): string {
  if (!/^(node|bun|deno|python[\d.]*|ruby[\d.]*|perl|php[\d.]*)$/.test(name)) return name;
  const script = command
    .slice(1)
    .find((part) => /\.(m?[jt]sx?|cjs|cts|py|rb|pl|php)$|\/\.bin\/[\w-]+$/.test(part));
  return script === undefined ? name : basename(script).replace(/\.\w+$/, '');
}

const shared = sharedReading(readAll);

/**
 * Every process that can be seen; kernel threads, which have no command, are left out. Many may ask at once: on a machine
 * that is short of processor time one walk through /proc takes seconds.
 */
export function allProcesses(): Promise<readonly ProcessFacts[]> {
  return shared('all');
}

async function readAll(): Promise<readonly ProcessFacts[]> {
  const bootedAt = (await readCpu())?.bootedAt ?? 0;
  const found = await ofEach(await pids(), (pid) => readProcess(pid, bootedAt));
  return found.filter((facts) => facts.command.length > 0 || facts.state === 'zombie');
}

/** What each process has used of the processors so far: a third of what it takes to read all of it. */
export async function processTimes(): Promise<Pick<ProcessFacts, 'pid' | 'startTicks' | 'cpuSeconds'>[]> {
  return ofEach(await pids(), async (pid) => {
    const text = await readOptional(`/proc/${pid}/stat`);
    const stat = text === undefined ? undefined : parseProcessStat(text);
    return stat && { pid, startTicks: stat.startTicks, cpuSeconds: stat.cpuTicks / ticksPerSecond };
  });
}

const atOnce = 16;

async function ofEach<T>(
  all: readonly number[],
  read: (pid: number) => Promise<T | undefined>,
): Promise<T[]> {
  const found: T[] = [];
  for (let done = 0; done < all.length; done += atOnce)
    for (const one of await Promise.all(all.slice(done, done + atOnce).map(read)))
      if (one !== undefined) found.push(one);
  return found;
}

export async function pids(): Promise<number[]> {
  const names = await readdir('/proc');
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Open descriptors and their soft limit; undefined for a process of another user. */
export async function descriptors(pid: number): Promise<{ open: number; limit: number } | undefined> {
  try {
    const [open, limits] = await Promise.all([
      readdir(`/proc/${pid}/fd`),
      readFile(`/proc/${pid}/limits`, 'utf8'),
    ]);
    const limit = parseDescriptorLimit(limits);
    return limit === undefined ? undefined : { open: open.length, limit };
  } catch {
    return undefined;
  }
}

export function parseDescriptorLimit(text: string): number | undefined {
  const soft = /^Max open files\s+(\S+)/m.exec(text)?.[1];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}

const secretWord = /pass|secret|token|api-?key|credential|auth/i;

/** The words of a command line with secrets blotted out. */
export function maskedCommand(command: readonly string[]): string[] {
  // `-pSECRET` of the clients of MySQL; elsewhere -p is mostly a port.
  const isOfMysql = /^(?:mysql|mariadb|sshpass)/.test(basename(command[0] ?? ''));
  return command.map((part, index) => {
    const previous = command[index - 1] ?? '';
    if (previous.startsWith('-') && !previous.includes('=') && secretWord.test(previous)) return '***';
    const clean = part.replace(/(:\/\/[^\s:/@]*:)[^\s@]+@/g, '$1***@');
    if (isOfMysql && /^-p./.test(part)) return '-p***';
    const assigned = /^([^=\s]+)=.+$/s.exec(clean);
    return assigned?.[1] !== undefined && secretWord.test(assigned[1]) ? `${assigned[1]}=***` : clean;
  });
}

/** The command line for people: secrets blotted out, the rest cut at `longest` characters. */
export function describeCommand(command: readonly string[], longest = 120): string {
  const said = redact(maskedCommand(command).join(' '));
  // Names and arguments are the process's own to choose: no control characters leave.
  const text = said.replace(/\p{Cc}+/gu, ' ');
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}
