/** What a restart runs, as lines that a person can paste into a shell. Secrets in arguments stay blotted out. */
import { resolve } from 'node:path';
import { maskedCommand } from '../../../machine/processes.ts';
import type { ProcessConfig } from '../config.ts';

export function stopSteps(pid: number, stopTimeoutMs: number): string[] {
  return [
    `kill -TERM ${pid} && kill -CONT ${pid}`,
    `timeout ${stopTimeoutMs / 1_000} tail --pid=${pid} -f /dev/null || kill -KILL ${pid}`,
  ];
}

export function startSteps(config: ProcessConfig, folder: string): string[] {
  const { start = [], user, env, log, cwd } = config;
  const program = maskedCommand(start).map(quoted);
  // Values of the environment are often secrets; the names say what the declared start sets besides.
  const names = Object.keys(env).map((name) => `${name}="$${name}"`);
  const as =
    user === undefined
      ? []
      : ['setpriv', `--reuid=${quoted(user)}`, `--regid=$(id -g ${quoted(user)})`, '--clear-groups'];
  const line = ['nohup', ...as, ...(names.length > 0 ? ['env', ...names] : []), ...program].join(' ');
  const output = log === undefined ? '>/dev/null' : `>>${quoted(resolve(folder, log))}`;
  const own = config.writePidFile ? '' : ' # unless the program writes it itself';
  return [
    `cd ${quoted(cwd === undefined ? folder : resolve(folder, cwd))}`,
    `${line} </dev/null ${output} 2>&1 &`,
    ...(config.writePidFile !== false && config.pidFile !== undefined
      ? [`echo $! > ${quoted(resolve(folder, config.pidFile))}${own}`]
      : []),
  ];
}

/** One word for a POSIX shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
