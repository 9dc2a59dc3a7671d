/** Rules that targets take over from those that bring word of them: foreign alerts about a target are alerts of it. */
import type { TargetSettings } from '../core/configuration.ts';
import type { SystemEntry } from '../core/system.ts';

export function withLentRules(
  targets: readonly TargetSettings[],
  systems: readonly SystemEntry[],
): TargetSettings[] {
  const lent = systems.flatMap((system) => {
    const metrics = new Set(
      system.probes.filter((probe) => probe.forOthers).flatMap((probe) => Object.keys(probe.metrics)),
    );
    // Of several that differ, the last one declared speaks for all others.
    const lender = targets.findLast((target) => target.system === system.kind);
    return lender?.rules.filter((rule) => metrics.has(rule.metric)) ?? [];
  });
  if (lent.length === 0) return [...targets];
  return targets.map((target) => {
    const own = new Set(target.rules.map((rule) => rule.id));
    return { ...target, rules: [...target.rules, ...lent.filter((rule) => !own.has(rule.id))] };
  });
}
