import type { Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { readLimits } from '../../../machine/limits.ts';
import type { HostConnection } from '../connection.ts';
import { onLinux } from './on-linux.ts';

export const limits: Probe<HostConnection> = {
  id: 'host.limits',
  summary: 'Open files, threads and tracked connections against the limits of the kernel',
  metrics: {
    'host.files.used': {
      summary: 'Open files of all processes, of the limit',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'host.threads.used': {
      summary: 'Threads of all processes, of the limit',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'host.connections.tracked': {
      summary: 'Connections the firewall tracks, of the limit',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
  },
  run: () =>
    onLinux(async () => {
      const { files, threads, connections } = await readLimits();
      const share = (metric: string, limit: { used: number; limit: number } | undefined): Reading[] =>
        limit === undefined || limit.limit <= 0 ? [] : [{ metric, value: limit.used / limit.limit }];
      return {
        ok: true,
        readings: [
          ...share('host.files.used', files),
          ...share('host.threads.used', threads),
          // Without a tracking firewall there is nothing to run out of.
          ...share('host.connections.tracked', connections),
        ],
      };
    }),
};
