/** Lint and types: each is one check that passes or fails as a whole. */
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { root } from './suites.ts';

export interface Check {
  readonly name: string;
  readonly commands: readonly (readonly [string, ...string[]])[];
}

export const checks: readonly Check[] = [
  { name: 'lint', commands: [['biome', 'check', '--error-on-warnings', '--max-diagnostics=40', '.']] },
  {
    name: 'types',
    commands: [
      ['tsc', '--noEmit'],
      ['tsc', '--noEmit', '-p', 'web'],
    ],
  },
];

/** What it had to complain of; null when it passed. */
export async function runCheck({ commands }: Check): Promise<string | null> {
  for (const [command, ...args] of commands) {
    const { code, output } = await execute(command, args);
    if (code !== 0) return `${[command, ...args].join(' ')}\n${output.trim()}`;
  }
  return null;
}

function execute(command: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  const PATH = `${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH ?? ''}`;
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      ...{ cwd: root, env: { ...process.env, PATH } },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const take = (text: string) => {
      output += text;
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.once('error', (error) => resolve({ code: 1, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
