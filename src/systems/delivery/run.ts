/** Runs a declared program with its arguments: no shell, an environment of its own, an end. */
import { execFile } from 'node:child_process';
import { declaredEnvironment } from '../../machine/environment.ts';

const mostOutput = 256 * 1024;

/** What it printed. @throws with what it said where it fails, ends late or cannot be started */
export function run(command: readonly string[], cwd: string, signal: AbortSignal): Promise<string> {
  const [program = '', ...args] = command;
  const env = declaredEnvironment();
  return new Promise((resolve, reject) => {
    execFile(
      program,
      args,
      { cwd, env, signal, killSignal: 'SIGKILL', maxBuffer: mostOutput, windowsHide: true },
      (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        const said = lastLine(stderr) || lastLine(stdout) || error.message;
        reject(
          new Error(
            `${program} failed${typeof error.code === 'number' ? ` (exit code ${error.code})` : ''}: ${said}`,
          ),
        );
      },
    );
  });
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
}
