import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { Clock } from '../core/time.ts';
import { type Account, give } from '../machine/unprivileged.ts';
import { type EndSignal, type Guardian, startGuardian } from './guardian.ts';
import { until } from './until.ts';

export interface Launch {
  /** `postgres`: names the log file too. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Within the stack's folder: how we and the guardian tell that a pid is still ours. */
  readonly cwd: string;
  readonly account?: Account | undefined;
  readonly env?: Readonly<Record<string, string>>;
  /** How it is asked to end when the parent died. */
  readonly end: EndSignal;
}

export interface Running {
  readonly name: string;
  readonly pid: number;
  /** Runs until the process has ended, by itself or not. */
  readonly ended: Promise<number | null>;
  hasEnded(): boolean;
  /** Its last words when it has ended, for `until`. */
  failure(): string | undefined;
  /** The last lines it wrote. */
  log(): string;
  /** Sends each signal in turn and waits `eachMs` for the end; the last resort is KILL. */
  stop(signals: readonly EndSignal[], eachMs: number): Promise<void>;
}

/** Starts and ends the stack's processes, each in a session of its own so that Ctrl-C reaches only us. */
export interface Processes {
  readonly guardianPid: number;
  start(launch: Launch): Promise<Running>;
  /** Runs a program to its end; rejects with its output when it fails. */
  run(launch: Launch): Promise<void>;
  /** Is this pid a process of this stack, now? */
  owns(pid: number): boolean;
  /** Signals a pid of this stack; false when it is none. */
  signal(pid: number, signal: NodeJS.Signals): boolean;
  release(): Promise<void>;
}

export async function openProcesses(folder: string, clock: Clock): Promise<Processes> {
  const guardian = await startGuardian(folder);
  let isReleased = false;
  const launchChecked = (launch: Launch): Promise<Running> => {
    // The guardian is gone then: nobody would end what starts now.
    if (isReleased) throw new Error(`${launch.name} is not started: the demo is stopping`);
    return start(launch, folder, guardian, clock);
  };
  const owns = (pid: number): boolean => standsIn(pid, folder);
  return {
    guardianPid: guardian.pid,
    owns,
    start: async (launch) => launchChecked(launch),
    async run(launch) {
      const running = await launchChecked(launch);
      const code = await running.ended;
      if (code !== 0) throw new Error(`${launch.name} failed (exit code ${code}):\n${running.log()}`);
    },
    signal(pid, signal) {
      if (!owns(pid)) return false;
      process.kill(pid, signal);
      return true;
    },
    async release() {
      isReleased = true;
      await guardian.release();
    },
  };
}

async function start(launch: Launch, folder: string, guardian: Guardian, clock: Clock): Promise<Running> {
  const logFile = join(folder, `${launch.name}.log`);
  const log = openSync(logFile, 'a', 0o600);
  give(logFile, launch.account);
  let child: ChildProcess;
  try {
    child = spawn(launch.command, [...launch.args], {
      cwd: launch.cwd,
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC', ...launch.env },
      ...(launch.account ? { uid: launch.account.uid, gid: launch.account.gid } : {}),
    });
  } finally {
    closeSync(log);
  }
  if (child.pid === undefined) {
    const [error] = await once(child, 'error');
    throw new Error(`${launch.name} could not be started: ${error instanceof Error ? error.message : error}`);
  }
  const pid = child.pid;
  guardian.keep(pid, launch.end);
  let hasEnded = false;
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      hasEnded = true;
      guardian.forget(pid);
      resolve(code);
    });
  });
  const lastLines = () => readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
  return {
    name: launch.name,
    pid,
    ended,
    hasEnded: () => hasEnded,
    failure: () => (hasEnded ? lastLines() : undefined),
    log: lastLines,
    async stop(signals, eachMs) {
      for (const signal of [...signals, 'KILL'] as const) {
        if (hasEnded) return;
        child.kill(`SIG${signal}`);
        await until(clock, `the end of ${launch.name}`, eachMs, () => hasEnded, { everyMs: 10 }).catch(
          () => {},
        );
      }
    },
  };
}

function standsIn(pid: number, folder: string): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform !== 'linux') return true;
    const cwd = readlinkSync(`/proc/${pid}/cwd`);
    return cwd === folder || cwd.startsWith(folder + sep);
  } catch {
    return false;
  }
}
