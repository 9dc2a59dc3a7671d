/** The end of a server that was started to look at a backup, and what it wrote before. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** Sends the signal and waits for the end; by itself SIGKILL, as a scratch server has nothing to save. Nothing where it never started or has ended. */
export async function endServer(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

/** Its last words, on one line. @param except lines that say nothing: what our own asking makes it write */
export function lastLines(logFile: string, lines = 5, except?: RegExp): string {
  const all = readFileSync(logFile, 'utf8').trimEnd().split('\n');
  return all
    .filter((line) => !except?.test(line))
    .slice(-lines)
    .join('; ');
}
