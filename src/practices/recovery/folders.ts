/** The folders of backups and of the restores that prove them: whole or not there at all. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BackupSettings } from '../../core/backup/settings.ts';

const unfinished = '.partial';
const scratchPrefix = 'upkeep-proof-';

export function folderOf({ folder, name }: Pick<BackupSettings, 'folder' | 'name'>, id: string): string {
  return join(folder, name, id);
}

/** An empty folder under a name that nobody takes for a backup. */
export async function beginFolder(folder: string): Promise<string> {
  const path = `${folder}${unfinished}`;
  await mkdir(path, { recursive: true, mode: 0o700 });
  return path;
}

export async function finishFolder(folder: string): Promise<void> {
  await rename(`${folder}${unfinished}`, folder);
}

/** Where it could not be made, or its disk is gone, there is nothing to drop. */
export async function dropUnfinished(folder: string): Promise<void> {
  await rm(`${folder}${unfinished}`, { recursive: true, force: true }).catch(() => {});
}

/** An empty one for a restore; servers of another account must pass through what lies above it. */
export async function makeScratch(
  { scratch = tmpdir() }: Pick<BackupSettings, 'scratch'>,
  id: string,
): Promise<string> {
  const path = join(scratch, `${scratchPrefix}${id}`);
  await mkdir(path, { recursive: true, mode: 0o700 });
  return path;
}

export async function dropScratch(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

/**
 * What a restore left behind that was cut off by a kill: its server is ended, by its pid as long as that process stands
 * in the folder, and the folder removed.
 */
export async function sweepScratch({ scratch = tmpdir() }: Pick<BackupSettings, 'scratch'>): Promise<void> {
  if (!existsSync(scratch)) return;
  for (const name of readdirSync(scratch).filter((one) => one.startsWith(scratchPrefix))) {
    const path = join(scratch, name);
    for (const pid of processesIn(path)) process.kill(pid, 'SIGKILL');
    // Some of it belongs to the account that the server ran as.
    await chmod(path, 0o700).catch(() => {});
    await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }).catch(() => {});
  }
}

function processesIn(folder: string): number[] {
  if (!existsSync('/proc')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const cwd = readlinkSync(`/proc/${pid}/cwd`);
        // Without a terminal: nobody's shell who looks around.
        const [, , , , terminal] = readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /, '')
          .split(' ');
        return (cwd === folder || cwd.startsWith(`${folder}/`)) && terminal === '0';
      } catch {
        return false;
      }
    })
    .map(Number);
}
