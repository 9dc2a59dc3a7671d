/**
 * Where a restore goes: a folder that does not exist, or has nothing in it. While it is filled it bears a mark, so that what
 * was cut off is never taken for a whole restore, and is cleared away by whoever knows that it began it.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { isOwnerAlive, ownMark } from './tied.ts';

export const unfinishedMark = '.upkeep-unfinished';

interface Mark {
  /** Who fills it, as `ownMark` says; null where this machine cannot tell. */
  readonly by: string | null;
  /** It was made for this. */
  readonly isNew: boolean;
}

/** What stands in the way; null where nothing does. */
export function folderObstacle(folder: string): string | null {
  if (!isAbsolute(folder)) return `${folder}: write the whole path, from /`;
  if (!existsSync(folder)) return null;
  if (!statSync(folder).isDirectory()) return `${folder} is a file: name a folder that is not there yet`;
  const names = readdirSync(folder);
  if (names.length === 0) return null;
  if (names.includes(unfinishedMark))
    return `${folder} holds a restore that was not finished: name another, or remove it`;
  return `${folder} is not empty: name one that is, or none yet`;
}

/** Work that fills it; what it left there is gone when it throws. */
export async function fillFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const mark = await begin(folder);
  try {
    const result = await work();
    await rm(join(folder, unfinishedMark), { force: true });
    return result;
  } catch (error) {
    await empty(folder, mark);
    throw error;
  }
}

/** A folder to work in, under a name that says whose it is: gone when the work is over, whatever came of it. */
export async function workInFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  await clearUnfinished(folder);
  const mark = await begin(folder);
  try {
    return await work();
  } finally {
    await empty(folder, mark);
  }
}

async function begin(folder: string): Promise<Mark> {
  const obstacle = folderObstacle(folder);
  if (obstacle !== null) throw new Error(obstacle);
  const mark: Mark = { by: ownMark() ?? null, isNew: !existsSync(folder) };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, unfinishedMark), JSON.stringify(mark), { mode: 0o600, flag: 'wx' });
  return mark;
}

/**
 * Clears what a fill left that was cut off. False where the folder bears no mark, or whoever fills it is still at work: then
 * nothing was touched.
 */
export async function clearUnfinished(folder: string): Promise<boolean> {
  const mark = markOf(folder);
  if (mark === null || (mark.by !== null && isOwnerAlive(mark.by))) return false;
  await empty(folder, mark);
  return true;
}

/** The mark goes last, so that this too may be cut off. */
async function empty(folder: string, { isNew }: Mark): Promise<void> {
  const gone = { recursive: true, force: true, maxRetries: 5, retryDelay: 100 };
  for (const name of await readdir(folder)) if (name !== unfinishedMark) await rm(join(folder, name), gone);
  await rm(isNew ? folder : join(folder, unfinishedMark), gone);
}

function markOf(folder: string): Mark | null {
  try {
    const said: unknown = JSON.parse(readFileSync(join(folder, unfinishedMark), 'utf8'));
    if (typeof said !== 'object' || said === null || !('by' in said) || !('isNew' in said)) return null;
    return { by: typeof said.by === 'string' ? said.by : null, isNew: said.isNew === true };
  } catch {
    return null;
  }
}
