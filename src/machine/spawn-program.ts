/** Runs a program that may take hours: never through a shell, with a bounded memory of what it says. It ends when we do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { type Duplex, PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Lack } from '../core/lack.ts';
import type { Clock } from '../core/time.ts';
import { programEnvironment } from './environment.ts';
import { tied } from './tied.ts';
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
  /** Keeps its standard output apart and whole, as `output`; it is ended where it writes more characters than this. */
  readonly longest?: number;
  /** What its standard output passes on the way to `into`: a compressor. */
  readonly through?: Duplex;
  /** What it reads from its standard input; nothing where left out. */
  readonly from?: Readable;
  /** Hears its standard output as it comes; without `longest` nothing of that is kept. */
  readonly listens?: (part: string) => void;
  /** Hears what it says of its work, as it comes. */
  readonly heard?: (part: string) => void;
}

export interface Ended {
  readonly code: number;
  /** The end of what it wrote to both outputs; to its errors alone with `into`, `longest` and `listens`. */
  readonly text: string;
  /** What it wrote to its standard output; empty without `longest`. */
  readonly output: string;
}

/** @throws when it cannot be started, is ended by a signal, or when `signal` aborts (the program is ended then) */
export async function spawnProgram(words: readonly string[], options: SpawnOptions): Promise<Ended> {
  const { signal, clock, cwd, account, env, into, longest, through, from, heard, listens } = options;
  const [program = ''] = words;
  const tie = await tied(words);
  signal.throwIfAborted();
  const [first = '', ...args] = tie.words;
  const child = spawn(first, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: programEnvironment({ ...env, ...tie.env }),
    ...(account ? { uid: account.uid, gid: account.gid } : {}),
    stdio: [from ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const keep = (part: Buffer) => {
    text = (text + part.toString()).slice(-keptCharacters);
    heard?.(part.toString());
  };
  let output = '';
  const keepWhole = (part: string) => {
    if (longest !== undefined && output.length + part.length > longest) child.kill('SIGKILL');
    else output += part;
  };
  let cancel = () => {};
  const end = () => {
    child.kill('SIGTERM');
    cancel();
    cancel = clock.after(graceMs, () => void child.kill('SIGKILL'));
  };
  let unwritten: Error | undefined;
  child.stderr?.on('data', keep);
  if (listens) child.stdout?.setEncoding('utf8').on('data', listens);
  const written =
    into === undefined
      ? void (longest === undefined
          ? listens === undefined && child.stdout?.on('data', keep)
          : child.stdout?.setEncoding('utf8').on('data', keepWhole))
      : pipeline(
          child.stdout ?? [],
          through ?? new PassThrough(),
          createWriteStream(into, { mode: 0o600 }),
        ).catch((error: NodeJS.ErrnoException) => {
          // Nobody takes what it says any more; its own way to end is none of the news.
          unwritten = writeFailure(error, into);
          if (!signal.aborted) end();
        });
  const read = from && child.stdin ? pipeline(from, child.stdin).catch(brokenSource) : undefined;
  signal.addEventListener('abort', end, { once: true });
  try {
    const code = await exitOf(child, program).catch((error: unknown) => {
      // One that could not be started wrote nothing: that is why.
      throw child.pid === undefined || signal.aborted ? error : (unwritten ?? error);
    });
    await written;
    if (unwritten && !signal.aborted) throw unwritten;
    const broken = await read;
    if (broken) throw broken;
    signal.throwIfAborted();
    return { code, text: text.trim(), output };
  } finally {
    signal.removeEventListener('abort', end);
    cancel();
  }
}

function exitOf(child: ChildProcess, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        // What cannot be started has seen nothing.
        new Lack(
          error.code === 'ENOENT' ? `${program} is not installed here` : `${program}: ${error.message}`,
        ),
      ),
    );
    child.once('close', (code, killed) => (code === null ? reject(endedBy(program, killed)) : resolve(code)));
  });
}

/** One that crashes by itself may do so over what it reads; one that is ended from outside has seen nothing wrong. */
function endedBy(program: string, killed: NodeJS.Signals | null): Error {
  const words = `${program} was ended by ${killed}${hintOf(killed)}`;
  const isFromOutside =
    killed === 'SIGKILL' || killed === 'SIGTERM' || killed === 'SIGINT' || killed === 'SIGHUP';
  return isFromOutside ? new Lack(words) : new Error(words);
}

/** Nobody but a person and the kernel kills so. */
function hintOf(killed: NodeJS.Signals | null): string {
  return killed === 'SIGKILL'
    ? ", by somebody's hand or by the kernel for want of memory (journalctl -k | grep -i 'killed process' tells)"
    : '';
}

/** A full disk is the usual one, and the only one that needs no look at the machine. */
function writeFailure(error: NodeJS.ErrnoException, file: string): Error {
  const { code } = error;
  if (code === 'ENOSPC')
    return new Lack(`the disk that ${file} lies on is full: free some space there (ENOSPC)`);
  if (code === 'EDQUOT')
    return new Lack(`the quota of the disk that ${file} lies on is used up: free some space there (EDQUOT)`);
  return new Error(`${file} cannot be written: ${error.message}`);
}

/** A program that ends before it read everything says why by itself; what cannot be read is our news. */
function brokenSource(error: NodeJS.ErrnoException): Error | undefined {
  return error.code === 'EPIPE' || error.code === 'ERR_STREAM_PREMATURE_CLOSE' ? undefined : error;
}
