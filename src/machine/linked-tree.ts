/** A tree of the same files under other names: links to them, so that it costs no room and no time to speak of. */
import {
  chown,
  constants,
  copyFile,
  link,
  mkdir,
  readdir,
  readlink,
  stat,
  statfs,
  symlink,
} from 'node:fs/promises';
import { join } from 'node:path';
import { amount } from '../core/rule-words.ts';

/** A disk that cannot link gets copies, and keeps so much of its room. */
const leastFreeShare = 0.1;
const cannotLink: ReadonlySet<unknown> = new Set(['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK']);

/**
 * What is written over in it by a new file under the same name leaves the other tree as it is; whoever writes into a file
 * of it writes into both.
 * @param skips names that are left out: of files that are still being written
 * @throws where a disk cannot link and has no room for copies
 */
export async function linkTree(
  from: string,
  into: string,
  { signal, skips = /^$/ }: { readonly signal: AbortSignal; readonly skips?: RegExp },
): Promise<void> {
  const { mode, uid, gid } = await stat(from);
  await mkdir(into, { mode });
  await chown(into, uid, gid);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    signal.throwIfAborted();
    if (skips.test(entry.name)) continue;
    const [old, fresh] = [join(from, entry.name), join(into, entry.name)];
    if (entry.isDirectory()) await linkTree(old, fresh, { signal, skips });
    else if (entry.isSymbolicLink()) await symlink(await readlink(old), fresh);
    else if (entry.isFile()) await linkOrCopy(old, fresh);
  }
}

async function linkOrCopy(from: string, into: string): Promise<void> {
  try {
    await link(from, into);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // It was renamed or removed meanwhile.
    if (code === 'ENOENT') return;
    if (!cannotLink.has(code)) throw error;
    await copy(from, into);
  }
}

async function copy(from: string, into: string): Promise<void> {
  const { size, uid, gid } = await stat(from);
  const { bavail, blocks, bsize } = await statfs(join(into, '..'));
  if ((bavail - blocks * leastFreeShare) * bsize < size)
    throw new Error(
      `no room for a copy of ${from} (${amount(size, 'bytes')}): a tenth of the disk is kept free`,
    );
  await copyFile(from, into, constants.COPYFILE_FICLONE);
  await chown(into, uid, gid);
}
