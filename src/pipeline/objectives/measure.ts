/** What an observation says of an objective: events that were good and bad. */
import type { SeriesOf, ServiceSettings } from '../../core/configuration.ts';
import type { ObjectiveKind } from '../../core/rule.ts';
import { labelKey, type Reading } from '../../core/sample.ts';
import type { Observation } from '../observe.ts';
import { carries, isMeasured, upOf } from '../reported.ts';
import type { Counters } from './counters.ts';

export interface Events {
  readonly good: number;
  readonly bad: number;
}

/** Null when the observation says nothing of the objective. */
export function eventsOf(
  observation: Observation,
  service: ServiceSettings,
  kind: ObjectiveKind,
  counters: Counters,
  /** What a liveness check of this observation stands for. */
  standsMs: number,
): Events | null {
  if (kind === 'latency') return latencyEvents(observation, service);
  return service.slo?.events
    ? countedEvents(observation, service.slo.events, counters)
    : timeEvents(observation, service, standsMs);
}

/** By time: a check stands for its interval, so that targets with unlike intervals weigh alike. */
function timeEvents(observation: Observation, { targets }: ServiceSettings, standsMs: number): Events | null {
  const { check } = observation;
  if (!check.probe.liveness || !targets.includes(check.target.name)) return null;
  const up = upOf(observation);
  if (up === null) return null;
  return up === 1 ? { good: standsMs, bad: 0 } : { good: 0, bad: standsMs };
}

/**
 * The time that each liveness check stands for: since the one before, so that a check by hand counts nothing twice and one
 * that hung counts whole; its interval where the one before is too long ago, since that is a gap. As `coverage.ts` of the store.
 */
export function createStretches() {
  const last = new Map<string, number>();
  return ({ check, at }: Observation): number => {
    if (!check.probe.liveness) return 0;
    const { everyMs, timeoutMs } = check;
    const before = last.get(check.target.name);
    last.set(check.target.name, Math.max(at, before ?? at));
    const since = before === undefined ? Number.POSITIVE_INFINITY : at - before;
    return since > everyMs + timeoutMs ? everyMs : Math.max(0, since);
  };
}

function latencyEvents({ check, outcome }: Observation, { targets, slo }: ServiceSettings): Events | null {
  if (!targets.includes(check.target.name) || !outcome.ok || slo?.latency === undefined) return null;
  const metric = Object.keys(check.probe.metrics).find(
    (name) => check.probe.metrics[name]?.latencyOf === 'request',
  );
  if (metric === undefined) return null;
  const limit = slo.latency.belowMs / 1_000;
  const values = outcome.readings.filter((one) => one.metric === metric && isMeasured(one));
  const good = values.filter(({ value }) => value <= limit).length;
  return values.length === 0 ? null : { good, bad: values.length - good };
}

type Counted = NonNullable<NonNullable<ServiceSettings['slo']>['events']>;

/** Total and part may come apart: what is counted twice for a moment is put right with the other. */
function countedEvents(
  { check, outcome }: Observation,
  { total, bad, good }: Counted,
  counters: Counters,
): Events | null {
  if (!outcome.ok) return null;
  const sum = (series: SeriesOf | undefined): number | null => {
    if (series === undefined || series.target !== check.target.name) return null;
    const mine = outcome.readings.filter((one) => one.metric === series.metric && fits(one, series));
    if (mine.length === 0) return null;
    return mine.reduce((all, one) => all + counters.increase(seriesOf(series, one), one.value), 0);
  };
  const [all, wrong, right] = [sum(total), sum(bad), sum(good)];
  if (all === null && wrong === null && right === null) return null;
  // Without `good`, every event is good until it is counted as bad; without `bad`, the other way.
  return good === undefined
    ? { good: (all ?? 0) - (wrong ?? 0), bad: wrong ?? 0 }
    : { good: right ?? 0, bad: (all ?? 0) - (right ?? 0) };
}

function fits(reading: Reading, { where }: SeriesOf): boolean {
  return isMeasured(reading) && carries(reading.labels, where);
}

function seriesOf({ target, metric, where }: SeriesOf, { labels }: Reading): string {
  return `${target}|${metric}|${labelKey(where)}|${labelKey(labels)}`;
}
