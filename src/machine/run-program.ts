/** Runs a declared program with its arguments: never through a shell, with no secret of Upkeep's own environment. */
import { execFile } from 'node:child_process';
import { declaredEnvironment, programPath } from './environment.ts';

export interface ProgramRun {
  readonly code: number;
  /** Both outputs. */
  readonly text: string;
}

export interface ProgramOptions {
  readonly signal: AbortSignal;
  readonly cwd?: string;
}

/** @throws when the program cannot be run or is ended by a signal, or when `signal` aborts */
export function runProgram(words: readonly string[], { signal, cwd }: ProgramOptions): Promise<ProgramRun> {
  const [program = '', ...args] = words;
  const env = declaredEnvironment({ PATH: programPath() });
  return new Promise((resolve, reject) => {
    execFile(program, args, { signal, env, cwd, maxBuffer: 4_000_000 }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : undefined;
      if (code !== undefined) resolve({ code, text: `${out}${err}`.trim() });
      else reject(signal.aborted ? signal.reason : new Error(cannotRun(program, error)));
    });
  });
}

function cannotRun(program: string, error: Error | null): string {
  const code = error !== null && 'code' in error ? String(error.code) : undefined;
  return code === 'ENOENT'
    ? `${program} is not installed here`
    : `${program} cannot be run (${code ?? error})`;
}

/** As a person would type it. */
export function commandLine(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}
