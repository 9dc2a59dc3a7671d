import type { Reading } from '../../../core/sample.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { type CpuReading, readCpu, readLoad } from '../../../machine/cpu.ts';
import type { HostConnection } from '../connection.ts';
import { onLinux } from './on-linux.ts';

export const cpu: Probe<HostConnection> = {
  id: 'host.cpu',
  summary: 'CPU use, waiting for disks, time taken by the hypervisor, load',
  liveness: true,
  metrics: {
    'host.cpu.used': { summary: 'CPU in use, of all cores', unit: 'ratio', atMost: 1, kind: 'gauge' },
    'host.cpu.iowait': {
      summary: 'CPU idle while waiting for disks',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'host.cpu.steal': {
      summary: 'CPU that the hypervisor gave to others',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'host.load': { summary: 'Load average over 5 minutes', unit: 'count', kind: 'gauge' },
    'host.load.per-core': {
      summary: 'Load average over 5 minutes for each core',
      unit: 'count',
      kind: 'gauge',
    },
    'host.uptime': { summary: 'Time since the start of the machine', unit: 'seconds', kind: 'gauge' },
  },
  run: (_, ctx) =>
    onLinux(async () => {
      const [reading, load] = await Promise.all([readCpu(), readLoad()]);
      if (reading === undefined)
        return { ok: false, why: 'broken-probe', detail: '/proc/stat has no cpu line' };
      const uptime = (ctx.clock.now() - reading.bootedAt) / 1_000;
      const readings: Reading[] = [
        ...shares(reading, ctx),
        { metric: 'host.uptime', value: uptime },
        ...(load
          ? [
              { metric: 'host.load', value: load.five },
              { metric: 'host.load.per-core', value: load.five / reading.cores },
            ]
          : []),
      ];
      const cores = reading.cores === 1 ? '1 core' : `${reading.cores} cores`;
      return { ok: true, readings, detail: `${cores}, up ${formatDuration(uptime * 1_000)}` };
    }),
};

function shares({ ticks }: CpuReading, ctx: ProbeContext): Reading[] {
  const total = ctx.increase('total', ticks.total);
  const busy = ctx.increase('busy', ticks.busy);
  // The kernel lets iowait go back a little (proc(5)): that is none.
  const iowait = ctx.increase('iowait', ticks.iowait) ?? 0;
  const steal = ctx.increase('steal', ticks.steal) ?? 0;
  if (total === undefined || busy === undefined || total <= 0) return [];
  const share = (part: number) => Math.min(1, part / total);
  return [
    { metric: 'host.cpu.used', value: share(busy) },
    { metric: 'host.cpu.iowait', value: share(iowait) },
    { metric: 'host.cpu.steal', value: share(steal) },
  ];
}
