/** Which releases there are, which one runs, and how another takes its place. */
import { lstat, readdir, readlink, rename, stat, symlink, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { DeliveryConfig } from './config.ts';
import { run } from './run.ts';

export interface Releases {
  /** The release that runs. @throws where that cannot be told */
  current(signal: AbortSignal): Promise<{ readonly release: string; readonly since: number | null }>;
  /** The oldest first. */
  list(signal: AbortSignal): Promise<readonly string[]>;
  /** What switching runs, ready to paste; secrets have no place in these arguments. */
  steps(to: string): readonly string[];
  /** Puts it into force; where that fails, what was in force before stays or is put back. */
  switchTo(to: string, signal: AbortSignal): Promise<void>;
}

/** Names only, never paths or options. */
export function isReleaseName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._:@+-]{0,199}$/.test(name);
}

export function releasesOf(config: DeliveryConfig, folder: string): Releases {
  const cwd = config.cwd === undefined ? folder : resolve(folder, config.cwd);
  if (config.tag) return tags(config.tag, cwd);
  return links(
    resolve(folder, config.folder ?? ''),
    resolve(folder, config.current ?? ''),
    config.reload,
    cwd,
  );
}

function links(
  folder: string,
  current: string,
  reload: readonly string[] | undefined,
  cwd: string,
): Releases {
  const beside = `${current}.upkeep`;
  const put = async (target: string) => {
    await unlink(beside).catch(() => {});
    await symlink(target, beside);
    // Renamed over the old link, it is never missing.
    await rename(beside, current);
  };
  return {
    async current() {
      const target = await readlink(current);
      const place = resolve(dirname(current), target);
      if (dirname(place) !== folder) throw new Error(`${current} leads to ${place}, outside of ${folder}`);
      if (!(await stat(place)).isDirectory()) throw new Error(`${place} is no folder`);
      return { release: basename(place), since: (await lstat(current)).mtimeMs };
    },
    async list() {
      const entries = await readdir(folder, { withFileTypes: true });
      const folders = entries.filter((entry) => entry.isDirectory() && isReleaseName(entry.name));
      const dated = await Promise.all(
        folders.map(async ({ name }) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
      );
      return dated
        .sort((a, b) => a.at - b.at || a.name.localeCompare(b.name, 'en', { numeric: true }))
        .map(({ name }) => name);
    },
    steps: (to) => [
      `ln -s ${quoted(join(folder, to))} ${quoted(beside)} && mv -T ${quoted(beside)} ${quoted(current)}`,
      ...(reload ? [reload.map(quoted).join(' ')] : []),
    ],
    async switchTo(to, signal) {
      const before = await readlink(current);
      await put(join(folder, to));
      if (!reload) return;
      try {
        await run(reload, cwd, signal);
      } catch (error) {
        await put(before);
        throw new Error(
          `the link was put back, since ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    },
  };
}

function tags(tag: NonNullable<DeliveryConfig['tag']>, cwd: string): Releases {
  const switching = (to: string) => tag.switch.map((part) => part.replaceAll('{release}', to));
  return {
    async current(signal) {
      const release = (await run(tag.show, cwd, signal)).trim();
      if (!isReleaseName(release)) throw new Error(`${tag.show[0]} prints no tag`);
      return { release, since: null };
    },
    async list(signal) {
      const lines = (await run(tag.list, cwd, signal)).split('\n').map((line) => line.trim());
      return [...new Set(lines.filter(isReleaseName))];
    },
    steps: (to) => [switching(to).map(quoted).join(' ')],
    async switchTo(to, signal) {
      await run(switching(to), cwd, signal);
    },
  };
}

/** One word for a POSIX shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
