import type { Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { readUnits, type Unit } from '../../../machine/systemd-units.ts';
import type { HostConnection } from '../connection.ts';
import { onLinux } from './on-linux.ts';

export const units: Probe<HostConnection> = {
  id: 'host.units',
  summary: 'Units of systemd that failed or are started again and again; nothing where there is no systemd',
  atMostEveryMs: 30_000,
  metrics: {
    'host.unit.failed': { summary: 'Failed (1), or well again (0)', unit: 'state', kind: 'gauge' },
    'host.unit.restarts': {
      summary: 'Times systemd started the service again because it had ended',
      unit: 'count',
      kind: 'counter',
    },
  },
  run: ({ failedUnits }, ctx) =>
    onLinux(async () => {
      const reading = await readUnits(ctx.signal);
      if (reading.kind === 'none') return { ok: true, readings: [], detail: 'no systemd here' };
      if (reading.kind === 'unreadable') {
        const remedy = 'let Upkeep ask systemd over D-Bus: systemctl show "*.service" must answer';
        return { ok: true, readings: [], missing: [{ metrics: ['*'], reason: reading.why, remedy }] };
      }
      return { ok: true, readings: readingsOf(reading.units, failedUnits) };
    }),
};

/** What failed once is followed until it is well again; all the others would only be many. */
export function readingsOf(all: readonly Unit[], followed: Set<string>): Reading[] {
  for (const { name, state } of all) if (state === 'failed') followed.add(name);
  const byName = new Map(all.map((unit) => [unit.name, unit]));
  return [
    ...[...followed].map((unit) => ({
      metric: 'host.unit.failed',
      value: byName.get(unit)?.state === 'failed' ? 1 : 0,
      labels: { unit },
    })),
    ...all
      .filter(({ isRestarted, isOneshot }) => isRestarted && !isOneshot)
      .map(({ name, restarts }) => ({
        metric: 'host.unit.restarts',
        value: restarts,
        labels: { unit: name },
      })),
  ];
}
