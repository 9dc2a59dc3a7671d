/** The folders of backups and of the restores that prove them: whole or not there at all. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { BackupSettings } from '../../core/backup/settings.ts';
import { Lack } from '../../core/lack.ts';

const unfinished = '.partial';
const scratchPrefix = 'upkeep-proof-';

export function folderOf({ folder, name }: Pick<BackupSettings, 'folder' | 'name'>, id: string): string {
  return join(folder, name, id);
}

export function unfinishedOf(folder: string): string {
  return `${folder}${unfinished}`;
}

/** An empty folder under a name that nobody takes for a backup. */
export async function beginFolder(folder: string): Promise<string> {
  const path = unfinishedOf(folder);
  await mkdir(path, { recursive: true, mode: 0o700 });
  return path;
}

export async function finishFolder(folder: string): Promise<void> {
  await rename(`${folder}${unfinished}`, folder);
}

/** Where it could not be made, or its disk is gone, there is nothing to drop. */
export async function dropUnfinished(folder: string): Promise<void> {
  await rm(`${folder}${unfinished}`, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }).catch(
    () => {},
  );
}

export function scratchOf({ scratch = tmpdir() }: Pick<BackupSettings, 'scratch'>, id: string): string {
  return join(scratch, `${scratchPrefix}${id}`);
}

/** An empty one for a restore; servers of another account must pass through what lies above it. @throws Lack */
export async function makeScratch(plan: Pick<BackupSettings, 'scratch'>, id: string): Promise<string> {
  const path = scratchOf(plan, id);
  await mkdir(path, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new Lack(`no scratch folder can be made (${why}): name another with scratch: under backups:`);
  });
  return path;
}

/** A server that was ended a moment ago may still write its last. */
export async function dropScratch(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

/**
 * What a proof left behind that was cut off: its server is ended, by its pid as long as that process stands in the folder,
 * and the folder removed with those that were made beside it for the same proof. @throws where it cannot be
 */
export async function sweepScratch(folder: string): Promise<void> {
  const [above, own] = [dirname(folder), basename(folder)];
  if (!own.startsWith(scratchPrefix) || !existsSync(above)) return;
  for (const name of readdirSync(above).filter((one) => one.startsWith(own))) {
    const path = join(above, name);
    for (const pid of processesIn(path)) process.kill(pid, 'SIGKILL');
    // Some of it belongs to the account that the server ran as.
    await chmod(path, 0o700).catch(() => {});
    await dropScratch(path);
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
