/** Runs nginx itself: its test of the configuration, its reload. Never through a shell. */
import { execFile } from 'node:child_process';

export interface Run {
  readonly code: number | null;
  /** Both outputs. */
  readonly text: string;
}

/** What a program may need to run; secrets of Upkeep's own environment stay with Upkeep. */
const inherited = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];

/** @throws when the program cannot be run, or the signal aborts */
export function run(words: readonly string[], signal: AbortSignal): Promise<Run> {
  const [program = '', ...args] = words;
  const env = Object.fromEntries(inherited.map((name) => [name, process.env[name]]));
  // System programs are not on the PATH of everybody.
  env.PATH = `${env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`;
  return new Promise((resolve, reject) => {
    execFile(program, args, { signal, env, maxBuffer: 4_000_000 }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : undefined;
      if (code === undefined) reject(signal.aborted ? signal.reason : error);
      else resolve({ code, text: `${out}${err}`.trim() });
    });
  });
}

/** - `unknown`: the test itself may not see enough, so it says nothing of the files */
export type TestResult =
  | { readonly kind: 'valid'; readonly warnings: readonly string[] }
  | { readonly kind: 'broken'; readonly error: TestError }
  | { readonly kind: 'unknown'; readonly why: string };

export interface TestError {
  /** `unexpected "}"`, as nginx says it. */
  readonly message: string;
  readonly file: string | null;
  readonly line: number | null;
}

export function testCommand(command: readonly string[], file: string): string[] {
  return [...command, '-t', '-c', file];
}

export async function testConfiguration(
  command: readonly string[],
  file: string,
  signal: AbortSignal,
): Promise<TestResult> {
  try {
    return resultOf(await run(testCommand(command, file), signal));
  } catch (error) {
    if (signal.aborted) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return { kind: 'unknown', why: `${command.join(' ')} cannot be run (${code})` };
  }
}

export function resultOf({ code, text }: Run): TestResult {
  const lines = text.split('\n').map((line) => line.replace(/^\d{4}\/[\d/: ]+ /, ''));
  if (code === 0) return { kind: 'valid', warnings: lines.filter((line) => line.includes('[warn]')) };
  const said = lines.find((line) => /\[(emerg|alert|crit)\]/.test(line));
  if (said === undefined) return { kind: 'unknown', why: lines[0] ?? 'nginx -t said nothing' };
  // Keys, logs and the pid file belong to root: without its rights the test fails for a good configuration too.
  if (/\(13: Permission denied\)|\(1: Operation not permitted\)/.test(said))
    return { kind: 'unknown', why: said };
  const [, message = said, file = null, line = null] =
    /\[\w+\] (?:\d+#\d+: )?(.*?)(?: in (\/.+?):(\d+))?$/.exec(said) ?? [];
  return { kind: 'broken', error: { message, file, line: line === null ? null : Number(line) } };
}
