/** Listening TCP sockets of this machine and the processes that hold them: /proc/net/tcp, tcp6 and /proc/PID/fd. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { type ProcessFacts, pids, processFacts } from './processes.ts';

export interface ListeningSocket {
  /** `127.0.0.1`, `0.0.0.0`, `::1`, `::` */
  readonly address: string;
  readonly port: number;
  readonly inode: string;
  /** Connections that the kernel accepted and the process has not taken yet: grows when it is frozen. */
  readonly acceptQueue: number;
}

export interface Listener extends ListeningSocket {
  /** Undefined when the process belongs to another user or another namespace. */
  readonly pid: number | undefined;
}

export interface ListeningProcess extends ProcessFacts {
  readonly address: string;
  readonly port: number;
  readonly acceptQueue: number;
}

const listenState = '0A';

export function parseListeners(text: string): ListeningSocket[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [, local, , state, queues, , , , , inode] = fields;
    const [addressHex, portHex] = local?.split(':') ?? [];
    if (state !== listenState || !addressHex || !portHex || !inode) return [];
    const address = parseAddress(addressHex);
    if (address === undefined) return [];
    // For a listening socket the receive queue counts connections, not bytes.
    const acceptQueue = Number.parseInt(queues?.split(':')[1] ?? '0', 16);
    return { address, port: Number.parseInt(portHex, 16), inode, acceptQueue };
  });
}

/** The kernel prints 32-bit words in the machine's byte order, which is little-endian wherever Node runs. */
function parseAddress(hex: string): string | undefined {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) =>
    [6, 4, 2, 0].map((at) => Number.parseInt(word.slice(at, at + 2), 16)),
  );
  if (bytes.some(Number.isNaN)) return undefined;
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return undefined;
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (isMapped) return bytes.slice(12).join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16),
  );
  return shorten(groups);
}

/** RFC 5952: the longest run of two or more zero groups becomes `::`. */
function shorten(groups: readonly string[]): string {
  const text = groups.join(':');
  const runs = [...text.matchAll(/\b0(?::0)+\b/g)].sort((a, b) => b[0].length - a[0].length);
  const [longest] = runs;
  if (longest === undefined) return text;
  const before = text.slice(0, longest.index).replace(/:$/, '');
  const after = text.slice(longest.index + longest[0].length).replace(/^:/, '');
  return `${before}::${after}`;
}

async function listeningSockets(): Promise<ListeningSocket[]> {
  const read = ['/proc/net/tcp', '/proc/net/tcp6'].map(async (path) => {
    try {
      return parseListeners(await readFile(path, 'utf8'));
    } catch {
      return [];
    }
  });
  return (await Promise.all(read)).flat();
}

/** Pids that hold a socket, by inode. A socket shared by a parent and its workers goes to the lowest pid. */
async function socketHolders(wanted: ReadonlySet<string>): Promise<Map<string, number>> {
  const holders = new Map<string, number>();
  for (const pid of (await pids()).sort((a, b) => a - b)) {
    if (holders.size === wanted.size) break;
    for (const inode of await socketsOf(pid)) {
      if (wanted.has(inode) && !holders.has(inode)) holders.set(inode, pid);
    }
  }
  return holders;
}

async function socketsOf(pid: number): Promise<string[]> {
  try {
    const names = await readdir(`/proc/${pid}/fd`);
    const links = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
    return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
  } catch {
    return [];
  }
}

/** Every listening TCP socket; empty where there is no /proc. */
export async function allListeners(): Promise<Listener[]> {
  const sockets = await listeningSockets();
  if (sockets.length === 0) return [];
  const holders = await socketHolders(new Set(sockets.map((socket) => socket.inode)));
  return sockets.map((socket) => ({ ...socket, pid: holders.get(socket.inode) }));
}

/**
 * The process that listens on an address of this machine. `localhost` is taken as either loopback; a wildcard
 * socket serves every address. Undefined when nothing listens there or the process cannot be seen.
 */
export async function processListeningOn(
  address: string,
  port: number,
): Promise<ListeningProcess | undefined> {
  const sockets = (await listeningSockets()).filter(
    (socket) => socket.port === port && serves(socket.address, address),
  );
  const holders = await socketHolders(new Set(sockets.map((socket) => socket.inode)));
  for (const socket of sockets) {
    const pid = holders.get(socket.inode);
    const facts = pid === undefined ? undefined : await processFacts(pid);
    if (facts) return { ...facts, address: socket.address, port, acceptQueue: socket.acceptQueue };
  }
  return undefined;
}

/** Ports that a process listens on, for finding out whether it serves again after a restart. */
export async function portsOf(pid: number): Promise<number[]> {
  const inodes = new Set(await socketsOf(pid));
  const ports = (await listeningSockets()).flatMap((socket) =>
    inodes.has(socket.inode) ? [socket.port] : [],
  );
  return [...new Set(ports)].sort((a, b) => a - b);
}

function serves(bound: string, asked: string): boolean {
  const bare = asked.replace(/^\[|\]$/g, '').toLowerCase();
  if (bound === bare || bound === '::') return true;
  if (bound === '0.0.0.0') return bare === 'localhost' || bare.includes('.');
  return bare === 'localhost' && (bound === '127.0.0.1' || bound === '::1');
}
