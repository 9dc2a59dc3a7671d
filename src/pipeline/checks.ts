/** Every probe of every target with its settings, and what was kept of the target at hand. */
import type { LogKeeping } from '../core/backup/settings.ts';
import { metricNamed } from '../core/sample.ts';
import type { ProbeContext } from '../core/system.ts';
import type { Clock } from '../core/time.ts';
import type { Estate } from './bound.ts';
import type { History } from './learned/history.ts';
import type { Past } from './objectives/past.ts';
import type { Check } from './observe.ts';

const dayMs = 86_400_000;

/** Gives the same `run` for the same check each time: one that is under way is known by it after a reload. */
export function createChecks(
  clock: Clock,
  history: History | undefined,
  latest: NonNullable<ProbeContext['latest']> = () => [],
  more: {
    readonly range?: Past['range'];
    /** What may be lost of a target, in milliseconds; undefined where nobody says. */
    readonly mayLose?: (target: string) => number | undefined;
    readonly keptLogs?: (target: string) => readonly LogKeeping[];
  } = {},
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
    const past = { ...(recorded ? { recorded } : {}), ...keptOf(target, clock, more.range) };
    const mayLoseMs = () => more.mayLose?.(target);
    const logs = more.keptLogs;
    const keptLogs = logs && { keptLogs: () => logs(target) };
    const made: Check['run'] = (ctx) => run({ ...ctx, latest, ...past, mayLoseMs, ...keptLogs });
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
        everyMs: everyMsOf(settings, probe),
        timeoutMs: Math.max(settings.timeoutMs, probe.atLeastMs ?? 0),
      })),
    );
}

export function everyMsOf(
  { everyMs }: Pick<Check['target'], 'everyMs'>,
  { atMostEveryMs = 0 }: Pick<Check['probe'], 'atMostEveryMs'>,
): number {
  return Math.max(everyMs, atMostEveryMs);
}

function keptOf(target: string, clock: Clock, range: Past['range'] | undefined): Pick<ProbeContext, 'kept'> {
  if (!range) return {};
  return {
    async kept(metric, from) {
      const found = await range({ target, metric, from, to: clock.now() });
      return found.map(({ labels, at, values }) => ({
        labels,
        points: at.flatMap((time, index) => {
          const value = values[index];
          return value === undefined ? [] : [{ at: time, value }];
        }),
      }));
    },
  };
}
