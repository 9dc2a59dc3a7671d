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
        checks: bound.checks.map((check) => ({ ...check, probe: hurry(check.probe) })),
      };
    },
  }));
}

function hurry<Probe extends { readonly atMostEveryMs?: number }>(probe: Probe): Probe {
  return probe.atMostEveryMs === undefined
    ? probe
    : { ...probe, atMostEveryMs: Math.min(probe.atMostEveryMs, thoroughEveryMs) };
}
