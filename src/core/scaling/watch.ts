/** Loads and changes of one set of copies as they are seen, and what follows from them. Forgotten with the process. */
import type { Evidence } from '../evidence.ts';
import type { Metric, Reading } from '../sample.ts';
import type { ProbeContext } from '../system.ts';
import { formatDuration } from '../time.ts';
import { type ScalingSettings, scalingOf } from './settings.ts';
import { copiesFor, type Load, type ScalingDecision } from './track.ts';

export interface ScalingWatch {
  /** What is decided now. @param load mean of a copy; undefined where it could not be measured */
  see(copies: number, load: number | undefined, now: number): ScalingDecision;
  /** What was decided last, and on what. */
  readonly last: Seen | undefined;
}

export interface Seen extends ScalingDecision {
  readonly at: number;
  readonly running: number;
  /** The load of a copy now; null where unknown. */
  readonly load: number | null;
}

export function watchScaling(settings: ScalingSettings): ScalingWatch {
  const scaling = scalingOf(settings);
  const keepMs = 2 * Math.max(scaling.outAfterMs, scaling.inAfterMs);
  let loads: Load[] = [];
  let changedAt: number | null = null;
  let last: Seen | undefined;
  return {
    see(copies, load, now) {
      if (last !== undefined && last.running !== copies) changedAt = now;
      loads = loads.filter(({ at }) => now - at <= keepMs && at < now);
      if (load !== undefined) loads.push({ at: now, load });
      const decision = copiesFor(scaling, copies, loads, changedAt, now);
      last = { ...decision, at: now, running: copies, load: load ?? null };
      return decision;
    },
    get last() {
      return last;
    },
  };
}

/** The metrics of a set of copies, for a system of this kind. */
export function scalingMetrics(kind: string): Record<string, Metric> {
  const gauge = (summary: string, unit: Metric['unit'] = 'count'): Metric => ({
    summary,
    unit,
    kind: 'gauge',
  });
  return {
    [`${kind}.copies`]: gauge('Copies that run'),
    [`${kind}.copies.load`]: gauge(
      'Load of a copy, the mean of all, as a share of what is aimed at',
      'ratio',
    ),
    [`${kind}.copies.missing`]: gauge('Copies that the load or `min` calls for and that do not run'),
    [`${kind}.copies.spare`]: gauge(
      'Copies that could be ended without the rest being above what is aimed at',
    ),
    [`${kind}.copies.at_most`]: gauge('1 while the load calls for more copies than `max`', 'state'),
  };
}

export function scalingReadings(
  kind: string,
  settings: ScalingSettings,
  { running, copies, reason, load }: Seen,
  labels?: Reading['labels'],
): Reading[] {
  const reading = (name: string, value: number): Reading => ({
    metric: `${kind}.copies${name}`,
    value,
    ...(labels ? { labels } : {}),
  });
  return [
    reading('', running),
    ...(load === null ? [] : [reading('.load', load / settings.aim)]),
    reading('.missing', Math.max(0, copies - running)),
    reading('.spare', Math.max(0, running - copies)),
    reading('.at_most', Number(reason === 'at-most')),
  ];
}

/** So old a value of another target's metric is still that of now. */
const freshMs = 120_000;

/** The load of a copy by the declared metric; undefined where nothing fresh is known. */
export function loadByMetric(
  { metric }: ScalingSettings,
  copies: number,
  ctx: Pick<ProbeContext, 'latest' | 'clock'>,
): number | undefined {
  if (metric === undefined || copies === 0) return undefined;
  const now = ctx.clock.now();
  const fresh = (ctx.latest?.(metric.target, metric.name) ?? []).filter(({ at }) => now - at <= freshMs);
  if (fresh.length === 0) return undefined;
  const sum = fresh.reduce((all, { value }) => all + value, 0);
  return metric.shared ? sum / copies : sum / fresh.length;
}

/** What was decided last, as evidence; none where nothing was seen yet. */
export function scalingEvidence(
  settings: ScalingSettings,
  { last }: ScalingWatch,
  base: Pick<Evidence, 'id' | 'target' | 'title' | 'how'>,
): Evidence[] {
  if (last === undefined) return [];
  const { running, copies: wanted, reason, load, at } = last;
  const { min, max, aim } = settings;
  const because = sayDecision(settings, last);
  return [{ ...base, at, facts: { running, wanted, reason, load, aim, min, max, because } }];
}

/** Why, in a sentence: `the load was above 70 % for 1 m: 92 % now`. */
export function sayDecision(settings: ScalingSettings, { reason, load }: Seen): string {
  const aim = sayLoad(settings, settings.aim);
  const now = load === null ? '' : `; it is ${sayLoad(settings, load)} now`;
  switch (reason) {
    case 'below-least':
      return `fewer run than \`min: ${settings.min}\``;
    case 'above-most':
      return `more run than \`max: ${settings.max}\``;
    case 'load-above-target':
      return `the load of a copy was above ${aim} for ${formatDuration(settings.outAfter)}${now}`;
    case 'at-most':
      return `the load of a copy was above ${aim} for ${formatDuration(settings.outAfter)}${now}, and \`max: ${settings.max}\` run already`;
    case 'load-below-target':
      return `for ${formatDuration(settings.inAfter)} one copy less would have stayed below ${aim} too${now}`;
    default:
      return `nothing calls for another number${now}`;
  }
}

function sayLoad({ metric }: ScalingSettings, load: number): string {
  if (metric === undefined) return `${Math.round(load * 100)} % of a core`;
  return `${Number(load.toPrecision(3))} of ${metric.name}`;
}
