/** What a restore leaves to a person, typed as it stands. */
import { execSync } from 'node:child_process';

/** The command of the step that begins so, in a shell; gives what it wrote. */
export function typed(steps: readonly string[], beginning: string, input: string): string {
  const step = steps.find((one) => one.startsWith(`you: ${beginning}: `));
  if (step === undefined) throw new Error(`no step is left to "${beginning}": ${steps.join(' | ')}`);
  const command = step.slice(`you: ${beginning}: `.length);
  // Output of a server that stays would hold the pipe.
  const line = beginning.startsWith('start') ? `${command} >/dev/null` : command;
  return execSync(`${line} 2>&1`, {
    input,
    encoding: 'utf8',
    cwd: '/',
    timeout: 30_000,
    shell: '/bin/bash',
  }).trim();
}

/** Starts what was restored, asks it in the shell that is said, ends it; gives what it answered. */
export function pasted(steps: readonly string[], question: string): string {
  typed(steps, 'start it beside the living one', '');
  try {
    return typed(steps, 'look into it', question);
  } finally {
    typed(steps, 'end it again', '');
  }
}
