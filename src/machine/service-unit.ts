/** The service of systemd that a process belongs to: /proc/PID/cgroup. */
import { readFile } from 'node:fs/promises';

/** `redis.service`; undefined for what runs in a session, in a container, or where systemd does not lead. */
export async function serviceUnitOf(pid: number): Promise<string | undefined> {
  return parseServiceUnit(await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => ''));
}

/** The unit is the last of the path that is a service, unless a session or a container lies below it. */
export function parseServiceUnit(text: string): string | undefined {
  for (const line of text.split('\n')) {
    // `0::/system.slice/redis.service` of cgroup v2, `1:name=systemd:/system.slice/redis.service` of v1.
    const path = /^(?:0:|\d+:name=systemd):(\/.*)$/.exec(line)?.[1];
    const parts = path?.split('/') ?? [];
    const at = parts.findLastIndex((part) => part.endsWith('.service'));
    const unit = parts[at];
    if (unit === undefined || /^user@\d+\.service$/.test(unit)) continue;
    if (parts.slice(at + 1).some((part) => /\.scope$|^docker|^[0-9a-f]{32,}$/.test(part))) continue;
    return unit;
  }
  return undefined;
}
