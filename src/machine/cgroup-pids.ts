/** How many processes and threads each cgroup may have: pids.max of cgroup v2 and v1. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Limit } from './limits.ts';

export interface CgroupPids extends Limit {
  readonly cgroup: string;
}

const deepest = 6;
const mostGroups = 1_000;

/** Only those that are limited, nearest to their limit first. */
export async function limitedCgroups(
  roots: readonly string[] = ['/sys/fs/cgroup', '/sys/fs/cgroup/pids'],
): Promise<CgroupPids[]> {
  const found: CgroupPids[] = [];
  for (const root of roots) {
    let folders = [''];
    for (let depth = 0; depth < deepest && folders.length > 0; depth++) {
      const below: string[] = [];
      for (const folder of folders.slice(0, mostGroups)) {
        const [used, most] = await Promise.all(
          ['pids.current', 'pids.max'].map((file) => numberIn(join(root, folder, file))),
        );
        if (used === undefined && folder !== '') continue;
        if (used !== undefined && most !== undefined && most > 0)
          found.push({ cgroup: folder === '' ? '/' : folder, used, limit: most });
        const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
        below.push(...entries.flatMap((entry) => (entry.isDirectory() ? [`${folder}/${entry.name}`] : [])));
      }
      folders = below;
    }
  }
  return found.sort((a, b) => b.used / b.limit - a.used / a.limit);
}

/** Undefined where there is none, and for `max`, which is no limit. */
async function numberIn(path: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined || !/^\d+\s*$/.test(text) ? undefined : Number(text);
}
