/** Upkeep as its users run it, `bin/upkeep.js run`, in a process that can be killed and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../suites.ts';

export const node = join(root, 'node_modules', '.bin', 'node');
export const upkeep = join(root, 'bin', 'upkeep.js');

export interface UpkeepProcess {
  readonly kills: readonly number[];
  readonly isRunning: boolean;
  /** Resolves at once; `ready` tells when it serves. */
  start(): void;
  /** Resolves when it serves; rejects with the end of its log when it ended by itself. */
  ready(): Promise<void>;
  /** SIGKILL, at once. Does nothing where it does not run. */
  kill(): void;
  /** After `kill`: resolves when the machine has taken everything back. */
  gone(): Promise<void>;
  stop(): Promise<void>;
}

const readyWithinMs = 120_000;

export function upkeepProcess(options: {
  readonly folder: string;
  readonly config: string;
  readonly runFile: string;
  readonly log: string;
}): UpkeepProcess {
  const kills: number[] = [];
  let child: ChildProcess | null = null;
  let ended: Promise<void> = Promise.resolve();

  function start() {
    const log = openSync(options.log, 'a');
    const args = ['run', '--config', options.config, '--port', '0', '--json'];
    const started = spawn(node, [upkeep, ...args], { cwd: options.folder, stdio: ['ignore', log, log] });
    closeSync(log);
    child = started;
    process.once('exit', killNow);
    ended = new Promise((resolve) => {
      started.once('exit', () => {
        process.off('exit', killNow);
        if (child === started) child = null;
        resolve();
      });
    });
    function killNow() {
      started.kill('SIGKILL');
    }
  }

  async function ready() {
    const end = Date.now() + readyWithinMs;
    while (child !== null && Date.now() < end) {
      if (pidOf(options.runFile) === child.pid) return;
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 20))]);
    }
    throw new Error(`Upkeep did not come up:\n${readFileSync(options.log, 'utf8').slice(-2_000)}`);
  }

  return {
    kills,
    get isRunning() {
      return child !== null;
    },
    start,
    ready,
    kill() {
      if (child === null || child.killed) return;
      kills.push(Date.now());
      child.kill('SIGKILL');
    },
    gone: () => ended,
    async stop() {
      child?.kill('SIGTERM');
      await ended;
    },
  };
}

function pidOf(runFile: string): number | undefined {
  try {
    return (JSON.parse(readFileSync(runFile, 'utf8')) as { pid?: number }).pid;
  } catch {
    return undefined;
  }
}
