/** Memory, swap and paging of this machine: /proc/meminfo and /proc/vmstat. */
import { readFile } from 'node:fs/promises';

/** Bytes. */
export interface MemoryReading {
  readonly total: number;
  /** What can be had without swapping, by the kernel's own estimate; caches are no use of memory. */
  readonly available: number;
  readonly swapTotal: number;
  readonly swapFree: number;
}

export function parseMemory(text: string): MemoryReading | undefined {
  const bytes = (name: string): number | undefined => {
    const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1_024;
  };
  const [total, available] = [bytes('MemTotal'), bytes('MemAvailable')];
  if (total === undefined || available === undefined || total === 0) return undefined;
  return { total, available, swapTotal: bytes('SwapTotal') ?? 0, swapFree: bytes('SwapFree') ?? 0 };
}

export async function readMemory(): Promise<MemoryReading | undefined> {
  return parseMemory(await readFile('/proc/meminfo', 'utf8'));
}

/** Counters since boot; undefined where the kernel does not have one. */
export interface PagingReading {
  readonly majorFaults: number | undefined;
  /** Processes that the kernel killed for want of memory (since Linux 4.13). */
  readonly oomKills: number | undefined;
}

export function parsePaging(text: string): PagingReading {
  const counter = (name: string): number | undefined => {
    const value = new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1];
    return value === undefined ? undefined : Number(value);
  };
  return { majorFaults: counter('pgmajfault'), oomKills: counter('oom_kill') };
}

export async function readPaging(): Promise<PagingReading> {
  return parsePaging(await readFile('/proc/vmstat', 'utf8'));
}
