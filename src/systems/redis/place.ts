/** What this machine tells of a server that runs on it: its process, the folder it saves to, memory for a fork. */
import { readFile, readlink, stat, statfs } from 'node:fs/promises';
import { type ListeningProcess, processListeningOn } from '../../machine/listeners.ts';
import { isLocalAddress } from '../../machine/local-listeners.ts';
import { parseMemory } from '../../machine/memory.ts';
import { lookupName } from '../../machine/network/lookup.ts';
import { destination, type RedisConnection } from './client.ts';

/** Undefined where it runs elsewhere, belongs to another user, or a proxy of containers listens in its place. */
export async function localServer(conn: RedisConnection): Promise<ListeningProcess | undefined> {
  if (process.platform !== 'linux') return undefined;
  const to = destination(conn.config);
  for (const { address } of await lookupName(to.host).catch(() => [])) {
    if (!isLocalAddress(address)) continue;
    const found = await processListeningOn(address, to.port);
    if (found && /redis|valkey|keydb/i.test(`${found.name} ${found.command[0] ?? ''}`)) return found;
  }
  return undefined;
}

export interface SavePlace {
  readonly exists: boolean;
  readonly isFolder: boolean;
  readonly isReadOnly: boolean;
  /** By mode, owner and groups; null where that cannot be seen. */
  readonly mayWrite: boolean | null;
  /** `drwxr-xr-x` as octal, owner and group as numbers: `755 0:0`. */
  readonly mode: string;
  readonly account: string;
  /** Bytes free for everybody but root. */
  readonly available: number | null;
}

/** ST_RDONLY of statfs(2) is not in Node's answer: the mounts tell. */
async function isReadOnlyAt(pid: number, folder: string): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => '');
  let best = { length: -1, isReadOnly: false };
  for (const line of text.split('\n')) {
    const [left = '', right = ''] = line.split(' - ');
    const fields = left.split(' ');
    const point = (fields[4] ?? '').replace(/\\040/g, ' ');
    const holds = point === '/' || folder === point || folder.startsWith(`${point}/`);
    if (point === '' || !holds || point.length < best.length) continue;
    const options = `${fields[5] ?? ''},${right.split(' ')[2] ?? ''}`.split(',');
    best = { length: point.length, isReadOnly: options.includes('ro') };
  }
  return best.isReadOnly;
}

/** @param folder as the server names it; seen through its own root, as it may run in a container */
export async function savePlace(pid: number, folder: string): Promise<SavePlace> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const ids = (name: string) =>
    (new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1] ?? '').trim().split(/\s+/).map(Number);
  const [, uid] = ids('Uid');
  const [, gid] = ids('Gid');
  const base = {
    account: status === '' ? '' : `${uid}:${gid}`,
    isReadOnly: await isReadOnlyAt(pid, folder),
  };
  const path = `/proc/${pid}/root${folder}`;
  try {
    const facts = await stat(path);
    const { bavail, bsize } = await statfs(path);
    const groups = [gid, ...ids('Groups')];
    const shift = facts.uid === uid ? 6 : groups.includes(facts.gid) ? 3 : 0;
    const overrides = (BigInt(`0x${/^CapEff:\s+(\w+)$/m.exec(status)?.[1] ?? '0'}`) & 2n) !== 0n;
    return {
      ...base,
      exists: true,
      isFolder: facts.isDirectory(),
      mayWrite: status === '' ? null : overrides || ((facts.mode >> shift) & 0o3) === 0o3,
      mode: `${(facts.mode & 0o777).toString(8)} ${facts.uid}:${facts.gid}`,
      available: bavail * bsize,
    };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
    return { ...base, exists: false, isFolder: false, mayWrite: false, mode: '', available: null };
  }
}

/** Where the server saves is its working folder; one that was removed it cannot name itself any more. */
export async function workingFolder(pid: number): Promise<string> {
  return (await readlink(`/proc/${pid}/cwd`)).replace(/ \(deleted\)$/, '');
}

export interface ForkRoom {
  /** vm.overcommit_memory: with 0 the kernel may refuse a fork although memory is free. */
  readonly overcommit: number | null;
  /** Bytes. */
  readonly available: number | null;
}

export async function forkRoom(): Promise<ForkRoom> {
  const overcommit = await readFile('/proc/sys/vm/overcommit_memory', 'utf8').catch(() => '');
  const memory = parseMemory(await readFile('/proc/meminfo', 'utf8').catch(() => ''));
  return {
    overcommit: overcommit === '' ? null : Number(overcommit),
    available: memory?.available ?? null,
  };
}
