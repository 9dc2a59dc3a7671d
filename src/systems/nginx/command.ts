/** Runs nginx itself: its test of the configuration. */
import { type ProgramRun, runProgram } from '../../machine/run-program.ts';

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
    return resultOf(await runProgram(testCommand(command, file), { signal }));
  } catch (error) {
    if (signal.aborted) throw error;
    return { kind: 'unknown', why: error instanceof Error ? error.message : String(error) };
  }
}

export function resultOf({ code, text }: ProgramRun): TestResult {
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
