/** The pid file of a process that Upkeep starts, and how that process is known where there is no such file. */
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Clock } from '../../core/time.ts';
import { processFacts } from '../../machine/processes.ts';
import type { ProcessConfig } from './config.ts';

type Declared = Pick<ProcessConfig, 'pidFile' | 'writePidFile'>;

/** Names the pid file in the environment of what is started; the kernel keeps it for as long as the process lives. */
const marker = 'UPKEEP_PID_FILE';
/** Programs that write their pid file do so while they start. */
const momentMs = 1_000;

export function markerOf(config: Declared, folder: string): Record<string, string> {
  return config.pidFile === undefined ? {} : { [marker]: resolve(folder, config.pidFile) };
}

/** The pid file that Upkeep started a process for, of the variables of its environment; undefined of any other. */
export function pidFileNamedBy(environment: readonly string[]): string | undefined {
  return environment.find((one) => one.startsWith(`${marker}=`))?.slice(marker.length + 1);
}

/** Whether Upkeep started this process for that pid file. False where its environment cannot be read. */
export async function isStartedFor(path: string, pid: number): Promise<boolean> {
  try {
    return (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0').includes(`${marker}=${path}`);
  } catch {
    return false;
  }
}

/** What stands for one state of the file: another text, or the same one written again. */
export async function pidFileState(config: Declared, folder: string): Promise<string> {
  if (config.pidFile === undefined) return '';
  try {
    const { ino, mtimeMs } = await stat(resolve(folder, config.pidFile));
    return `${ino} ${mtimeMs}`;
  } catch {
    return 'none';
  }
}

/**
 * Writes the pid of what was started, unless the program writes the file itself within a moment, has ended (as one does
 * that goes on in the background) or `writePidFile: false` forbids it. Answers with why it could not be written.
 */
export async function keepPidFile(
  config: Declared,
  folder: string,
  started: { readonly pid: number; readonly before: string },
  clock: Clock,
): Promise<string | undefined> {
  if (config.pidFile === undefined || config.writePidFile === false) return undefined;
  const path = resolve(folder, config.pidFile);
  if (config.writePidFile === undefined) {
    const until = clock.monotonic() + momentMs;
    while (clock.monotonic() < until) {
      await clock.sleep(50);
      if ((await pidFileState(config, folder)) !== started.before) return undefined;
    }
    const facts = await processFacts(started.pid);
    if (facts === undefined || facts.state === 'zombie') return undefined;
  }
  const beside = `${path}.${started.pid}.new`;
  try {
    await writeFile(beside, `${started.pid}\n`, { mode: 0o644 });
    await rename(beside, path);
    return undefined;
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {});
    const code = error instanceof Error && 'code' in error ? error.code : error;
    return `the pid file ${path} cannot be written (${String(code)}): let Upkeep write into its folder`;
  }
}
