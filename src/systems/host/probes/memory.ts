import type { Probe } from '../../../core/system.ts';
import { readMemory, readPaging } from '../../../machine/memory.ts';
import { killedSince, killsByCgroup } from '../../../machine/memory-kills.ts';
import type { HostConnection } from '../connection.ts';
import { onLinux } from './on-linux.ts';

export const memory: Probe<HostConnection> = {
  id: 'host.memory',
  summary: 'Memory that can be had, swap, paging, kills for want of memory',
  metrics: {
    'host.memory.available': {
      summary: 'Memory that can be had without swapping',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'host.memory.available-bytes': { summary: 'The same in bytes', unit: 'bytes', kind: 'gauge' },
    'host.swap.used': {
      summary: 'Swap in use; 0 where there is none',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'host.memory.major-faults': { summary: 'Pages read back from disk', unit: 'count', kind: 'counter' },
    'host.memory.oom-kills': {
      summary: 'Processes killed for want of memory',
      unit: 'count',
      kind: 'counter',
    },
  },
  run: (conn, ctx) =>
    onLinux(async () => {
      const [reading, paging] = await Promise.all([readMemory(), readPaging()]);
      if (reading === undefined)
        return { ok: false, why: 'broken-probe', detail: '/proc/meminfo has no MemAvailable' };
      const { total, available, swapTotal, swapFree } = reading;
      const readings = [
        { metric: 'host.memory.available', value: available / total },
        { metric: 'host.memory.available-bytes', value: available },
        { metric: 'host.swap.used', value: swapTotal > 0 ? 1 - swapFree / swapTotal : 0 },
      ];
      const { majorFaults, oomKills } = paging;
      if (majorFaults !== undefined)
        readings.push({ metric: 'host.memory.major-faults', value: majorFaults });
      if (oomKills !== undefined) {
        readings.push({ metric: 'host.memory.oom-kills', value: oomKills });
        await noteKills(conn, oomKills, ctx.clock.now());
      }
      const reason = 'this kernel does not count kills for want of memory';
      const missing =
        oomKills === undefined
          ? [{ metrics: ['host.memory.oom-kills'], reason, remedy: 'run Linux 4.13 or newer' }]
          : [];
      return { ok: true, readings, missing };
    }),
};

const risesKept = 50;

/** Cgroups are walked only when the machine's own counter moved: there may be hundreds of them. */
async function noteKills({ kills }: HostConnection, total: number, now: number): Promise<void> {
  if (kills.total === total) return;
  const byCgroup = await killsByCgroup();
  if (kills.total !== undefined)
    kills.rises.push(...killedSince(kills.byCgroup, byCgroup).map((each) => ({ ...each, at: now })));
  kills.rises.splice(0, Math.max(0, kills.rises.length - risesKept));
  kills.total = total;
  kills.byCgroup = byCgroup;
}
