/** Which processes hold most of the files they may, and what kind of files. */
import { readdir, readlink } from 'node:fs/promises';
import { allProcesses, descriptors, type ProcessFacts } from './processes.ts';

export interface DescriptorUse {
  readonly facts: ProcessFacts;
  readonly open: number;
  /** The soft limit. */
  readonly limit: number;
}

/** Nearest to its limit first; `hidden` are those of other users, which need CAP_SYS_PTRACE. */
export async function descriptorUse(): Promise<{ readonly seen: DescriptorUse[]; readonly hidden: number }> {
  const seen: DescriptorUse[] = [];
  let hidden = 0;
  for (const facts of await allProcesses()) {
    if (facts.state === 'zombie') continue;
    const use = await descriptors(facts.pid);
    if (use === undefined) hidden += 1;
    else seen.push({ facts, ...use });
  }
  return { seen: seen.sort((a, b) => b.open / b.limit - a.open / a.limit), hidden };
}

const mostLinks = 5_000;

/** `sockets 812, files 20`, most first. */
export async function kindsHeld(pid: number): Promise<string> {
  const names = (await readdir(`/proc/${pid}/fd`).catch(() => [])).slice(0, mostLinks);
  const kinds = new Map<string, number>();
  for (const name of names) {
    const link = await readlink(`/proc/${pid}/fd/${name}`).catch(() => '');
    const kind = kindOf(link);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return [...kinds]
    .sort(([, a], [, b]) => b - a)
    .map(([kind, held]) => `${kind} ${held}`)
    .join(', ');
}

function kindOf(link: string): string {
  if (link.startsWith('socket:')) return 'sockets';
  if (link.startsWith('pipe:')) return 'pipes';
  if (link.startsWith('anon_inode:')) return 'watches and timers';
  return link.startsWith('/') ? 'files' : 'others';
}
