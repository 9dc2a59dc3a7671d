/** What a restore leaves to a person, typed as it stands. */
import { execSync } from 'node:child_process';
import type { PostgresServer } from './servers/postgres.ts';

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

/** The psql command in a text, as a superuser of that server types it; the first statement that fails throws. */
export function asSuperuser({ port }: Pick<PostgresServer, 'port'>, text: string): void {
  const command = /\bpsql [\s\S]*$/.exec(text)?.[0];
  if (command === undefined) throw new Error(`nothing for psql in: ${text}`);
  const strict = command.replace('psql ', 'psql -X -v ON_ERROR_STOP=1 ');
  const env = { ...process.env, PGHOST: '127.0.0.1', PGPORT: String(port), PGUSER: 'postgres' };
  execSync(strict, { env, cwd: '/', timeout: 30_000, shell: '/bin/bash', stdio: 'pipe' });
}
