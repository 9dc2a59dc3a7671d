import type { Probe } from '../../../core/system.ts';
import { readClockSync } from '../../../machine/clock-sync.ts';
import type { HostConnection } from '../connection.ts';
import { onLinux } from './on-linux.ts';

export const clock: Probe<HostConnection> = {
  id: 'host.clock',
  summary: 'Whether the clock follows a reference, and how far it is off',
  atMostEveryMs: 60_000,
  metrics: {
    'host.clock.synchronised': {
      summary: 'Follows a reference (1) or not (0)',
      unit: 'state',
      kind: 'gauge',
    },
    'host.clock.offset': { summary: 'Distance from the reference', unit: 'seconds', kind: 'gauge' },
  },
  run: (_, ctx) =>
    onLinux(async () => {
      const sync = await readClockSync(ctx.signal);
      const remedy = 'apt-get install chrony';
      if (sync.kind === 'unknown') {
        return { ok: true, readings: [], missing: [{ metrics: ['*'], reason: sync.why, remedy }] };
      }
      const readings = [{ metric: 'host.clock.synchronised', value: sync.isSynchronised ? 1 : 0 }];
      if (sync.offsetSeconds !== undefined) {
        readings.push({ metric: 'host.clock.offset', value: Math.abs(sync.offsetSeconds) });
      }
      const reason = 'timedatectl does not tell how far the clock is off';
      const missing =
        sync.offsetSeconds === undefined ? [{ metrics: ['host.clock.offset'], reason, remedy }] : [];
      return { ok: true, readings, missing };
    }),
};
