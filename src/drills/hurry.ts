import type { Outcome } from '../core/sample.ts';
import type { SystemEntry } from '../core/system.ts';

/** The most that a thorough probe waits in a drill; in production some look only each minute or each hour. */
export const thoroughEveryMs = 2_000;

/** The same systems with no probe slower than `thoroughEveryMs`: a drill lasts seconds. */
export function hurried(systems: readonly SystemEntry[]): SystemEntry[] {
  return systems.map((system) => ({
    ...system,
    probes: system.probes.map(hurry),
    bind(raw, ctx) {
      const bound = system.bind(raw, ctx);
      return {
        ...bound,
        checks: bound.checks.map((check) => ({
          probe: hurry(check.probe),
          run: async (probeCtx) => lately(await check.run(probeCtx)),
        })),
      };
    },
  }));
}

/** What is an average over minutes, as the same over seconds, where that is measured too. */
const averages: Readonly<Record<string, string>> = { 'host.pressure.some': 'host.pressure.some-10s' };

export function lately(outcome: Outcome): Outcome {
  if (!outcome.ok) return outcome;
  const readings = outcome.readings.map((reading) => {
    const shorter = averages[reading.metric];
    const { resource } = reading.labels ?? {};
    const same = outcome.readings.find((one) => one.metric === shorter && one.labels?.resource === resource);
    return same === undefined ? reading : { ...reading, value: same.value };
  });
  return { ...outcome, readings };
}

function hurry<Probe extends { readonly atMostEveryMs?: number }>(probe: Probe): Probe {
  return probe.atMostEveryMs === undefined
    ? probe
    : { ...probe, atMostEveryMs: Math.min(probe.atMostEveryMs, thoroughEveryMs) };
}
