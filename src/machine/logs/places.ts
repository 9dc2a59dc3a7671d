/** Where a process of this machine writes its log, as far as its open files tell. */
import { readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { shareInFlight } from '../in-flight.ts';
import { processListeningOn } from '../listeners.ts';
import { isLocalAddress } from '../local-listeners.ts';
import type { Destination } from '../network/dial.ts';
import { lookupName } from '../network/lookup.ts';

const mostPlaces = 8;

/**
 * Plain files that a process holds open for writing and appends to, or that are its output, or are called a log.
 * Data files are written all over and are none. Empty where they cannot be seen.
 */
export const logFilesOf = shareInFlight((pid: number) => pid, findLogFiles);

async function findLogFiles(pid: number): Promise<string[]> {
  const found = new Set<string>();
  const names = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const name of names) {
    const path = await readlink(`/proc/${pid}/fd/${name}`).catch(() => '');
    if (!path.startsWith('/') || /^\/(?:dev|proc|sys)\//.test(path) || path.endsWith(' (deleted)')) continue;
    const flags = /^flags:\s+0?([0-7]+)$/m.exec(
      await readFile(`/proc/${pid}/fdinfo/${name}`, 'utf8').catch(() => ''),
    )?.[1];
    const bits = Number.parseInt(flags ?? '0', 8);
    // open(2): the low two bits are the access mode, 0o2000 is O_APPEND.
    const isWritten = (bits & 0o3) !== 0;
    const isAppended = (bits & 0o2000) !== 0;
    const isOutput = name === '1' || name === '2';
    if (!isWritten || !(isOutput || looksLikeLog(path) || (isAppended && isPlainName(path)))) continue;
    const facts = await stat(path).catch(() => undefined);
    if (facts?.isFile()) found.add(path);
  }
  return [...found].sort().slice(0, mostPlaces);
}

/** Of whoever listens there, when that is a process of this machine. */
export const logFilesOfListener = shareInFlight(
  ({ host, port }: Destination) => `${host} ${port}`,
  findLogFilesOfListener,
);

async function findLogFilesOfListener(to: Destination): Promise<string[]> {
  for (const { address } of await lookupName(to.host).catch(() => [])) {
    if (!isLocalAddress(address)) continue;
    const found = await processListeningOn(address, to.port);
    if (found) return logFilesOf(found.pid);
  }
  return [];
}

/**
 * A path that a server names as its log, when it is one of this machine's. What a server says is believed as far as
 * it looks like a log: it must not make us read other files.
 */
export async function namedLog(path: string | null | undefined): Promise<string[]> {
  if (!path?.startsWith('/') || !looksLikeLog(path)) return [];
  const real = await realpath(path).catch(() => resolve(path));
  return looksLikeLog(real) && !/^\/(?:dev|proc|sys|etc)\//.test(real) ? [real] : [];
}

function looksLikeLog(path: string): boolean {
  return /\.(?:log|err|out)$|\.log\.[a-z]+$|\/logs?\/[^/]*$/i.test(path) && isPlainName(path);
}

/** Append-only files that are data: an append-only file of Redis, a journal. */
function isPlainName(path: string): boolean {
  return !['.aof', '.rdb', '.db', '.sqlite', '.journal', '.wal', '.gz', '.pid', '.sock'].includes(
    extname(path).toLowerCase(),
  );
}
