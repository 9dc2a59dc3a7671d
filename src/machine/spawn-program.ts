/** Runs a program that may take hours: never through a shell, with a bounded memory of what it says. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../core/time.ts';
import type { Account } from './unprivileged.ts';

/** Of what it writes to its outputs, the end is kept. */
const keptCharacters = 16_000;
/** After TERM it gets so long before KILL. */
const graceMs = 5_000;

export interface SpawnOptions {
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, 'after'>;
  readonly cwd?: string;
  readonly account?: Account | undefined;
  /** Added to PATH and a C locale; nothing else of our own environment is handed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** File that its standard output goes to, made for the owner alone. */
  readonly into?: string;
}

export interface Ended {
  readonly code: number;
  /** The end of what it wrote to both outputs; to its errors alone with `into`. */
  readonly text: string;
}

/** @throws when it cannot be started, is ended by a signal, or when `signal` aborts (the program is ended then) */
export async function spawnProgram(words: readonly string[], options: SpawnOptions): Promise<Ended> {
  const { signal, clock, cwd, account, env, into } = options;
  signal.throwIfAborted();
  const [program = '', ...args] = words;
  const child = spawn(program, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: {
      PATH: `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`,
      LC_ALL: 'C',
      TZ: 'UTC',
      ...env,
    },
    ...(account ? { uid: account.uid, gid: account.gid } : {}),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const keep = (part: Buffer) => {
    text = (text + part.toString()).slice(-keptCharacters);
  };
  child.stderr.on('data', keep);
  const written =
    into === undefined
      ? void child.stdout.on('data', keep)
      : pipeline(child.stdout, createWriteStream(into, { mode: 0o600 }));
  let cancel = () => {};
  const end = () => {
    child.kill('SIGTERM');
    cancel = clock.after(graceMs, () => void child.kill('SIGKILL'));
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    const code = await exitOf(child, program);
    await written;
    signal.throwIfAborted();
    return { code, text: text.trim() };
  } finally {
    signal.removeEventListener('abort', end);
    cancel();
  }
}

function exitOf(child: ChildProcess, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new Error(
          error.code === 'ENOENT' ? `${program} is not installed here` : `${program}: ${error.message}`,
        ),
      ),
    );
    child.once('close', (code, killed) =>
      code === null ? reject(new Error(`${program} was ended by ${killed}`)) : resolve(code),
    );
  });
}
