/** Processes that the kernel killed for want of memory: by its log, and by the counters of each cgroup. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KernelLine } from './kernel-log.ts';

export interface MemoryKill {
  readonly at: number;
  readonly pid: number;
  /** The kernel's short name. */
  readonly name: string;
  readonly uid: number | undefined;
  /** Bytes it held. */
  readonly resident: number | undefined;
  /** The cgroup whose limit was used up; undefined where the machine itself had no memory left. */
  readonly limitedBy: string | undefined;
  /** The limit of that cgroup in bytes. */
  readonly limit: number | undefined;
  /** The cgroup that the process was in. */
  readonly cgroup: string | undefined;
  /** Who asked for memory when none was left. */
  readonly askedBy: string | undefined;
  /** Of all the kernel could choose from, the one that held most. */
  readonly largest: { readonly name: string; readonly pid: number; readonly resident: number } | undefined;
}

const pageBytes = 4_096;
const lineForms = {
  asked: /^(.+) invoked oom-killer:/,
  limit: /^memory: usage \d+kB, limit (\d+)kB/,
  task: /^\[\s*(\d+)\]\s+\d+\s+\d+\s+\d+\s+(\d+)\s.*\s-?\d+\s+(\S.*)$/,
  chosen:
    /^oom-kill:constraint=(\w+),.*?(?:,oom_memcg=(.+?))?(?:,task_memcg=(.+?))?,task=(.+),pid=(\d+),uid=(\d+)$/,
  killed: /(?:Out of memory|out of memory).*?: Killed process (\d+) \((.+?)\)(.*)$/,
};

/** Linux writes about each kill in this order (mm/oom_kill.c, dump_header and __oom_kill_process). */
export function killsIn(lines: readonly KernelLine[]): MemoryKill[] {
  const kills: MemoryKill[] = [];
  let seen: Partial<{ -readonly [Name in keyof MemoryKill]: MemoryKill[Name] }> = {};
  for (const { at, text } of lines) {
    const asked = lineForms.asked.exec(text);
    if (asked) seen = { askedBy: asked[1] };
    const limit = lineForms.limit.exec(text);
    if (limit) seen.limit = Number(limit[1]) * 1_024;
    const task = lineForms.task.exec(text);
    if (task) {
      const resident = Number(task[2]) * pageBytes;
      if (resident > (seen.largest?.resident ?? -1))
        seen.largest = { pid: Number(task[1]), resident, name: task[3]?.trim() ?? '' };
    }
    const chosen = lineForms.chosen.exec(text);
    if (chosen) {
      const [, constraint, limited, cgroup, , , uid] = chosen;
      seen.limitedBy = constraint === 'CONSTRAINT_MEMCG' ? limited : undefined;
      seen.cgroup = cgroup;
      seen.uid = Number(uid);
    }
    const killed = lineForms.killed.exec(text);
    if (!killed) continue;
    const [, pid, name = '', rest = ''] = killed;
    kills.push({
      at,
      pid: Number(pid),
      name,
      uid: seen.uid,
      resident: residentIn(rest),
      limitedBy: seen.limitedBy,
      limit: seen.limitedBy === undefined ? undefined : seen.limit,
      cgroup: seen.cgroup,
      askedBy: seen.askedBy,
      largest: seen.largest,
    });
  }
  return kills;
}

function residentIn(text: string): number | undefined {
  const parts = [...text.matchAll(/(?:anon|file|shmem)-rss:(\d+)kB/g)];
  return parts.length === 0 ? undefined : parts.reduce((sum, part) => sum + Number(part[1]) * 1_024, 0);
}

const mostGroups = 1_000;
const deepest = 6;
/** cgroup v2, v1, and v2 beside v1: the folder, the file in it that counts. */
const hierarchies = [
  { root: '/sys/fs/cgroup', file: 'memory.events.local' },
  { root: '/sys/fs/cgroup/memory', file: 'memory.oom_control' },
] as const;

/** Kills by cgroup since it was made, its own without those below; those that were never killed in are 0. */
export async function killsByCgroup(): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const { root, file } of hierarchies) {
    let folders = [''];
    for (let depth = 0; depth < deepest && folders.length > 0; depth++) {
      const below: string[] = [];
      for (const folder of folders) {
        const text = await readFile(join(root, folder, file), 'utf8').catch(() => undefined);
        const kills = /^oom_kill (\d+)$/m.exec(text ?? '')?.[1];
        if (kills !== undefined && found.size < mostGroups)
          found.set(folder === '' ? '/' : folder, Number(kills));
        if (text === undefined && folder !== '') continue;
        const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
        below.push(...entries.flatMap((entry) => (entry.isDirectory() ? [`${folder}/${entry.name}`] : [])));
      }
      folders = below;
    }
  }
  return found;
}

/** Cgroups whose counter rose, with how far; one that was not there before counts from its start. */
export function killedSince(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): { readonly cgroup: string; readonly kills: number }[] {
  return [...after].flatMap(([cgroup, kills]) => {
    const more = kills - (before.get(cgroup) ?? 0);
    return more > 0 ? [{ cgroup, kills: more }] : [];
  });
}
