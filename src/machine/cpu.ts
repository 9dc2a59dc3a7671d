/** CPU time and load of this machine: /proc/stat and /proc/loadavg (proc(5)). */
import { readFile } from 'node:fs/promises';

/** Clock ticks since boot. */
export interface CpuTicks {
  /** user, nice, system, irq and softirq. */
  readonly busy: number;
  readonly iowait: number;
  /** Time that the hypervisor gave to others. */
  readonly steal: number;
  readonly total: number;
}

export interface CpuReading {
  readonly ticks: CpuTicks;
  readonly cores: number;
  /** Epoch milliseconds, to the second. */
  readonly bootedAt: number;
}

/** USER_HZ: fixed at 100 towards programs on every architecture that Node runs on. */
export const ticksPerSecond = 100;

export function parseCpu(text: string): CpuReading | undefined {
  const all = /^cpu\s+([\d ]+)$/m.exec(text)?.[1]?.trim().split(/\s+/).map(Number);
  if (all === undefined) return undefined;
  // guest and guest_nice, the last two, are counted in user and nice already.
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = all;
  const busy = user + nice + system + irq + softirq;
  return {
    ticks: { busy, iowait, steal, total: busy + idle + iowait + steal },
    cores: text.match(/^cpu\d+ /gm)?.length ?? 1,
    bootedAt: Number(/^btime (\d+)$/m.exec(text)?.[1] ?? 0) * 1_000,
  };
}

/** Shares of all cores, 0 to 1, between two readings; undefined when no time passed or a counter went back. */
export function cpuShares(
  before: CpuTicks,
  now: CpuTicks,
): { busy: number; iowait: number; steal: number } | undefined {
  const total = now.total - before.total;
  if (total <= 0 || now.busy < before.busy) return undefined;
  // The kernel lets iowait go back a little (proc(5)).
  const share = (from: number, to: number) => Math.min(1, Math.max(0, (to - from) / total));
  return {
    busy: share(before.busy, now.busy),
    iowait: share(before.iowait, now.iowait),
    steal: share(before.steal, now.steal),
  };
}

export async function readCpu(): Promise<CpuReading | undefined> {
  return parseCpu(await readFile('/proc/stat', 'utf8'));
}

export interface LoadAverages {
  readonly one: number;
  readonly five: number;
  readonly fifteen: number;
}

export function parseLoad(text: string): LoadAverages | undefined {
  const [one, five, fifteen] = text.split(' ').map(Number);
  if (one === undefined || five === undefined || fifteen === undefined) return undefined;
  return [one, five, fifteen].every(Number.isFinite) ? { one, five, fifteen } : undefined;
}

export async function readLoad(): Promise<LoadAverages | undefined> {
  return parseLoad(await readFile('/proc/loadavg', 'utf8'));
}
