import type { Probe } from '../../../core/system.ts';
import { readPressure } from '../../../machine/pressure.ts';
import type { HostConnection } from '../connection.ts';
import { onLinux } from './on-linux.ts';

export const pressure: Probe<HostConnection> = {
  id: 'host.pressure',
  summary: 'Time that work waited for CPU, disks or memory (PSI)',
  metrics: {
    'host.pressure.some': {
      summary: 'At least one task waited, over 5 minutes',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'host.pressure.full': {
      summary: 'All tasks waited, over 5 minutes',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'host.pressure.some-10s': {
      summary: 'At least one task waited, over 10 s',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
  },
  run: () =>
    onLinux(async () => {
      const found = await readPressure();
      const readings = found.flatMap(({ resource, kind, over10s, over300s }) => {
        const labels = { resource };
        return [
          { metric: `host.pressure.${kind}`, value: over300s, labels },
          ...(kind === 'some' ? [{ metric: 'host.pressure.some-10s', value: over10s, labels }] : []),
        ];
      });
      const reason = 'this kernel does not measure pressure';
      const remedy = 'start Linux 4.20 or newer with psi=1';
      return { ok: true, readings, missing: found.length === 0 ? [{ metrics: ['*'], reason, remedy }] : [] };
    }),
};
