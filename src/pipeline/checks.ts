/** Every probe of every target with its settings, and what was kept of the target at hand. */
import { metricNamed } from '../core/sample.ts';
import type { ProbeContext } from '../core/system.ts';
import type { Clock } from '../core/time.ts';
import type { Estate } from './bound.ts';
import type { History } from './learned/history.ts';
import type { Check } from './observe.ts';

const dayMs = 86_400_000;

/** Gives the same `run` for the same check each time: one that is under way is known by it after a reload. */
export function createChecks(
  clock: Clock,
  history: History | undefined,
  latest: NonNullable<ProbeContext['latest']> = () => [],
) {
  const known = new WeakMap<Check['run'], Map<string, Check['run']>>();

  function withPast(target: string, probe: Check['probe'], run: Check['run']): Check['run'] {
    const ofTargets = known.get(run) ?? new Map<string, Check['run']>();
    known.set(run, ofTargets);
    const before = ofTargets.get(target);
    if (before) return before;
    const recorded: ProbeContext['recorded'] =
      history &&
      ((metric, from) => {
        const counter = metricNamed(probe.metrics, metric)?.kind === 'counter';
        return history({ target, metric, from, to: clock.now(), stepMs: dayMs, counter });
      });
    const made: Check['run'] = (ctx) => run({ ...ctx, latest, ...(recorded ? { recorded } : {}) });
    ofTargets.set(target, made);
    return made;
  }

  return (estate: Estate): Check[] =>
    [...estate.targets.values()].flatMap(({ settings, bound, guests = [] }) =>
      [...bound.checks.filter(({ probe }) => !probe.isPushed), ...guests].map(({ probe, run }) => ({
        id: `${settings.name}/${probe.id}`,
        target: settings,
        probe,
        run: withPast(settings.name, probe, run),
        everyMs: Math.max(settings.everyMs, probe.atMostEveryMs ?? 0),
        timeoutMs: settings.timeoutMs,
      })),
    );
}
