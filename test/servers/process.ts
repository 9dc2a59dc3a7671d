/** Life of one real server process in a test: started, ready, stopped by pid, never left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processFacts } from '../../src/machine/processes.ts';
import { missing, required } from './installed.ts';

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly folder: string;
  /** The line of its output that says it takes connections. */
  readonly ready: RegExp;
  /** A user to run as when we are root; PostgreSQL refuses to be root. */
  readonly as?: Identity;
  readonly env?: Readonly<Record<string, string>>;
  /** 90 s where left out. */
  readonly readyWithinMs?: number;
}

export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

export interface RunningServer {
  readonly pid: number;
  /** Everything it wrote so far. */
  output(): string;
  /** Ends it with the signal (SIGKILL after 30 s) and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const usuallyReadyWithinMs = 90_000;
const stopWithinMs = 30_000;
const setpriv = { name: 'setpriv', apt: 'util-linux' };

/**
 * Resolves when `ready` was printed; rejects with its output when it ends before.
 * Under Linux the server also ends when the test process is killed.
 */
export function startServer(server: ServerCommand): Promise<RunningServer> {
  const { readyWithinMs = usuallyReadyWithinMs } = server;
  const child = launch(server);
  let output = '';
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      hasEnded = true;
      process.off('exit', killNow);
      resolve();
    });
  });
  const killNow = () => void child.kill('SIGKILL');
  process.once('exit', killNow);

  const running: RunningServer = {
    pid: child.pid ?? 0,
    output: () => output,
    async stop(signal = 'SIGTERM') {
      if (hasEnded) return;
      child.kill(signal);
      const impatient = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
      await ended;
      clearTimeout(impatient);
    },
  };
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      child.kill('SIGKILL');
      reject(new Error(`${server.command} ${why}\n${output}`));
    };
    const late = setTimeout(() => fail(`was not ready within ${readyWithinMs} ms`), readyWithinMs);
    child.once('error', (error) => fail(error.message));
    child.once('close', (code, signal) => {
      clearTimeout(late);
      reject(new Error(`${server.command} ended (${signal ?? code})\n${output}`));
    });
    const listen = (text: string) => {
      output += text;
      if (!server.ready.test(output)) return;
      clearTimeout(late);
      resolve(running);
    };
    child.stdout?.setEncoding('utf8').on('data', listen);
    child.stderr?.setEncoding('utf8').on('data', listen);
  });
}

function launch(server: ServerCommand): ChildProcess {
  const options = {
    cwd: server.folder,
    env: { ...process.env, ...server.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  } satisfies Parameters<typeof spawn>[2];
  if (missing(setpriv) !== false) return spawn(server.command, server.args, options);
  const identity =
    server.as === undefined ? [] : [`--reuid=${server.as.uid}`, `--regid=${server.as.gid}`, '--clear-groups'];
  return spawn(
    required(setpriv),
    [...identity, '--pdeathsig=KILL', '--', server.command, ...server.args],
    options,
  );
}

/** SIGSTOP, and the wait until it holds: a signal takes effect when the process next gets a processor. */
export async function freeze(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  for (;;) {
    const facts = await processFacts(pid);
    if (facts?.state === 'stopped') return;
    // One that has ended stays a zombie as long as its parent, stopped itself, does not ask for it.
    if (facts === undefined || facts.letter === 'Z') throw new Error(`pid ${pid} is gone instead of stopped`);
    await sleep(5);
  }
}

/** A temporary folder, owned by `as` where given; removed by `removeFolder`. */
export function temporaryFolder(name: string, as?: Identity): string {
  const folder = mkdtempSync(join(tmpdir(), `upkeep-${name}-`));
  if (as !== undefined) chownSync(folder, as.uid, as.gid);
  return folder;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
