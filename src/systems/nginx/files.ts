/** Writes a set of configuration files over another; links stay links, modes and owners stay. */
import {
  chmod,
  chown,
  lstat,
  readFile,
  readlink,
  realpath,
  rename,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** What stood at a path: a text, or where a link pointed. */
export type Standing = { readonly text: string } | { readonly link: string };

export async function standingAt(path: string): Promise<Standing> {
  const info = await lstat(path);
  return info.isSymbolicLink() ? { link: await readlink(path) } : { text: await readFile(path, 'utf8') };
}

/** Over the file that a link points to, as a whole: nginx never sees half of it. */
export async function writeText(path: string, text: string): Promise<void> {
  const real = await realpath(path).catch(() => path);
  const before = await stat(real).catch(() => undefined);
  // A name with a dot in front is matched by no `include *`.
  const fresh = join(dirname(real), `.${basename(real)}.upkeep`);
  await writeFile(fresh, text, { mode: before === undefined ? 0o640 : before.mode & 0o7777 });
  if (before !== undefined) {
    await chmod(fresh, before.mode & 0o7777);
    const isOwn = before.uid === process.getuid?.() && before.gid === process.getgid?.();
    if (!isOwn) await chown(fresh, before.uid, before.gid);
  }
  await rename(fresh, real);
}

export async function putBack(path: string, standing: Standing): Promise<void> {
  if ('text' in standing) return writeText(path, standing.text);
  await unlink(path).catch(() => {});
  await symlink(standing.link, path);
}

export async function remove(path: string): Promise<void> {
  await unlink(path);
}
