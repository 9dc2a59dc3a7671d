/** What the kernel limits for all processes together: /proc/sys. */
import { readFile } from 'node:fs/promises';

export interface Limit {
  readonly used: number;
  readonly limit: number;
}

export interface LimitsReading {
  readonly files: Limit | undefined;
  readonly threads: Limit | undefined;
  /** Undefined where no firewall tracks connections. */
  readonly connections: Limit | undefined;
}

/** `/proc/sys/fs/file-nr`: open, free, limit. */
function parseFileCount(text: string): Limit | undefined {
  const [used, , limit] = text.trim().split(/\s+/).map(Number);
  return limited(used, limit);
}

/** The fourth field of `/proc/loadavg`: running/existing. */
function parseThreadCount(text: string): number | undefined {
  const count = /^\S+ \S+ \S+ \d+\/(\d+) /.exec(text)?.[1];
  return count === undefined ? undefined : Number(count);
}

export async function readLimits(): Promise<LimitsReading> {
  const [fileNr, load, threadsMax, pidMax, tracked, trackedMax] = await Promise.all(
    [
      '/proc/sys/fs/file-nr',
      '/proc/loadavg',
      '/proc/sys/kernel/threads-max',
      '/proc/sys/kernel/pid_max',
      '/proc/sys/net/netfilter/nf_conntrack_count',
      '/proc/sys/net/netfilter/nf_conntrack_max',
    ].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  const most = [threadsMax, pidMax].map(Number).filter((limit) => limit > 0);
  return {
    files: parseFileCount(fileNr ?? ''),
    threads: most.length === 0 ? undefined : limited(parseThreadCount(load ?? ''), Math.min(...most)),
    connections: tracked && trackedMax ? limited(Number(tracked), Number(trackedMax)) : undefined,
  };
}

function limited(used: number | undefined, limit: number | undefined): Limit | undefined {
  if (used === undefined || limit === undefined || !Number.isFinite(used + limit)) return undefined;
  return { used, limit };
}
