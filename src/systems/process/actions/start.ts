/** Starts the declared command: detached, without a shell, as the declared user. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Clock } from '../../../core/time.ts';
import { declaredEnvironment } from '../../../machine/environment.ts';
import type { ProcessConnection } from '../connection.ts';
import { keepPidFile, markerOf, pidFileState } from '../pid-file.ts';

/** The pid of what was started, whose pid file is written by then. Throws when the program cannot be run. */
export async function startDeclared(conn: ProcessConnection, clock: Clock): Promise<number> {
  const { config, folder } = conn;
  const [program, ...argv] = config.start ?? [];
  if (program === undefined) throw new Error('no start is declared');
  const before = await pidFileState(config, folder);
  const log = config.log === undefined ? undefined : openSync(resolve(folder, config.log), 'a', 0o600);
  try {
    const child = spawn(program, argv, {
      cwd: config.cwd === undefined ? folder : resolve(folder, config.cwd),
      env: declaredEnvironment({ ...config.env, ...markerOf(config, folder) }),
      detached: true,
      stdio: ['ignore', log ?? 'ignore', log ?? 'ignore'],
      ...identityOf(config.user),
    });
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    conn.lastStart = { pid, at: clock.now(), ended: undefined, withoutPidFile: undefined };
    child.on('error', () => {});
    child.on('exit', (code, signal) => {
      const ended = signal === null ? `exit code ${code}` : `signal ${signal}`;
      if (conn.lastStart?.pid === pid) conn.lastStart = { ...conn.lastStart, ended };
    });
    child.unref();
    const withoutPidFile = await keepPidFile(config, folder, { pid, before }, clock);
    if (conn.lastStart.pid === pid) conn.lastStart = { ...conn.lastStart, withoutPidFile };
    return pid;
  } finally {
    if (log !== undefined) closeSync(log);
  }
}

/** Numeric ids of a user of this machine. Throws when there is none of that name. */
export function identityOf(user: string | undefined): { uid?: number; gid?: number } {
  if (user === undefined) return {};
  const entries = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const entry = entries.find(([name, , uid]) => name === user || uid === user);
  const [uid, gid] = [Number(entry?.[2]), Number(entry?.[3])];
  if (entry === undefined || !Number.isInteger(uid) || !Number.isInteger(gid)) {
    throw new Error(`there is no user ${user} in /etc/passwd`);
  }
  return { uid, gid };
}

/** Whom a start would run as. */
export function startUid(user: string | undefined): number | undefined {
  return identityOf(user).uid ?? process.getuid?.();
}
