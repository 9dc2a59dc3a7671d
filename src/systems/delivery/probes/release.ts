import type { Probe } from '../../../core/system.ts';
import type { DeliveryConnection } from '../connection.ts';

export const release: Probe<DeliveryConnection> = {
  id: 'delivery.release',
  summary: 'Which release is in force, and since when',
  liveness: true,
  metrics: {
    'delivery.release.age': {
      summary: 'Time since the link was switched',
      unit: 'seconds',
      kind: 'gauge',
    },
  },
  async run({ releases, seen }, { clock, signal }) {
    try {
      const { release: name, since } = await releases.current(signal);
      seen.add(name);
      return {
        ok: true,
        readings: [
          { metric: 'delivery.up', value: 1 },
          ...(since === null
            ? []
            : [{ metric: 'delivery.release.age', value: Math.max(0, clock.now() - since) / 1_000 }]),
        ],
        detail: `release ${name}`,
        snapshots: [{ document: 'delivery.release', kind: 'deployment', values: { release: name } }],
      };
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      if (signal.aborted) return { ok: false, why: 'timeout', detail: 'the release was not told in time' };
      return { ok: true, readings: [{ metric: 'delivery.up', value: 0 }], detail };
    }
  },
};
