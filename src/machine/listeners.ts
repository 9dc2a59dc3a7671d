/** Listening TCP sockets of this machine and the processes that hold them: /proc/net/tcp, tcp6 and /proc/PID/fd. */
import { open, readdir, readlink } from 'node:fs/promises';
import { release } from 'node:os';
import { type ProcessFacts, pids, processFacts } from './processes.ts';
import { sharedReading } from './shared-reading.ts';

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
    // Most lines of a busy machine are connections that have ended.
    if (!line.includes(` ${listenState} `)) return [];
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

/** The kernel walks all its connections for this. */
const listeningSockets = sharedReading<void, ListeningSocket[]>(readListeners);

async function readListeners(): Promise<ListeningSocket[]> {
  const read = ['/proc/net/tcp', '/proc/net/tcp6'].map(async (path) => {
    try {
      return parseListeners(await listeningPart(path));
    } catch {
      return [];
    }
  });
  return (await Promise.all(read)).flat();
}

const chunkBytes = 16_384;

/**
 * Since 4.4 the kernel prints all listening sockets before the first connection (tcp_get_idx, net/ipv4/tcp_ipv4.c), and
 * makes the rest only when it is read: on a machine with many connections this is most of the cost. What calls itself
 * Linux 4.4 may be a sandbox with an order of its own and is read whole.
 */
const printsListenersFirst = Number.parseInt(release(), 10) >= 5;

/** The table from its head to the first socket that does not listen. */
export async function listeningPart(path: string, isOrdered = printsListenersFirst): Promise<string> {
  const file = await open(path, 'r');
  try {
    let text = '';
    const buffer = Buffer.alloc(chunkBytes);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, chunkBytes, null);
      if (bytesRead === 0) return text;
      text += buffer.toString('latin1', 0, bytesRead);
      if (isOrdered && hasConnection(text)) return text;
    }
  } finally {
    await file.close();
  }
}

/** The last line may be cut off and its state unread: it has not ended then. */
function hasConnection(text: string): boolean {
  const lastWhole = text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1) ?? '';
  const state = lastWhole.trim().split(/\s+/)[3];
  return /^\d+:/.test(lastWhole.trim()) && state !== listenState;
}

interface Holder {
  readonly pid: number;
  /** The link that says so, `/proc/812/fd/5`. */
  readonly link: string;
}

/** Where a socket was found last. One link is read to see that it is still there; looking anew reads thousands. */
const lastHolders = new Map<string, Holder>();
const mostRemembered = 1_000;
let search: Promise<unknown> = Promise.resolve();

/**
 * Pids that hold a socket, by inode. A socket shared by a parent and its workers goes to the lowest pid.
 * Searches take turns: when a hundred targets fail together, the first finds for all.
 */
function socketHolders(wanted: ReadonlySet<string>): Promise<Map<string, number>> {
  const found = search.then(async () => {
    const holders = await remembered(wanted);
    if (holders.size < wanted.size) await searchProcesses(wanted, holders);
    return holders;
  });
  search = found;
  return found;
}

async function remembered(wanted: ReadonlySet<string>): Promise<Map<string, number>> {
  const holders = new Map<string, number>();
  for (const inode of wanted) {
    const last = lastHolders.get(inode);
    if (!last) continue;
    if ((await readlink(last.link).catch(() => '')) === `socket:[${inode}]`) holders.set(inode, last.pid);
    else lastHolders.delete(inode);
  }
  return holders;
}

async function searchProcesses(wanted: ReadonlySet<string>, holders: Map<string, number>): Promise<void> {
  for (const pid of (await pids()).sort((a, b) => a - b)) {
    if (holders.size === wanted.size) return;
    for (const { inode, link } of await socketsOf(pid)) {
      if (!wanted.has(inode) || holders.has(inode)) continue;
      holders.set(inode, pid);
      if (lastHolders.size >= mostRemembered) lastHolders.clear();
      lastHolders.set(inode, { pid, link });
    }
  }
}

/** Of a server with many connections this reads thousands of links. */
const socketsOf = sharedReading(readSockets);

async function readSockets(pid: number): Promise<{ inode: string; link: string }[]> {
  try {
    const links = (await readdir(`/proc/${pid}/fd`)).map((name) => `/proc/${pid}/fd/${name}`);
    const targets = await Promise.all(links.map((link) => readlink(link).catch(() => '')));
    return targets.flatMap((target, index) => {
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      return inode === undefined ? [] : [{ inode, link: links[index] ?? '' }];
    });
  } catch {
    return [];
  }
}

/** Every listening TCP socket, or those of one port; empty where there is no /proc. */
export async function allListeners(port?: number): Promise<Listener[]> {
  const sockets = (await listeningSockets()).filter((socket) => port === undefined || socket.port === port);
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

export type Listening = Pick<ListeningSocket, 'address' | 'port'>;

/** Where a process listens, by port; empty where it belongs to another user. */
export async function listeningOf(pid: number): Promise<Listening[]> {
  const inodes = new Set((await socketsOf(pid)).map(({ inode }) => inode));
  const own = (await listeningSockets()).filter(({ inode }) => inodes.has(inode));
  return own.map(({ address, port }) => ({ address, port })).sort((a, b) => a.port - b.port);
}

/** Ports that a process listens on, for finding out whether it serves again after a restart. */
export async function portsOf(pid: number): Promise<number[]> {
  return portsIn(await listeningOf(pid));
}

export function portsIn(all: readonly Listening[]): number[] {
  return [...new Set(all.map(({ port }) => port))];
}

/** Whether a socket takes what is sent to that address of this machine; the caller knows that it is one. */
export function serves(bound: string, asked: string): boolean {
  const bare = asked.replace(/^\[|\]$/g, '').toLowerCase();
  if (bound === bare || bound === '::') return true;
  if (bound === '0.0.0.0') return bare === 'localhost' || bare.includes('.');
  return bare === 'localhost' && (bound === '127.0.0.1' || bound === '::1');
}
