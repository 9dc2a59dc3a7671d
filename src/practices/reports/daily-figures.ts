/** The counts and medians of a day, each beside that of the day before. Pure. */
import type { ActionView, IncidentView } from '../../core/view.ts';
import type { DailyFacts, IncidentDay, ServiceDay } from './daily-facts.ts';

/** What was merged into another is the same trouble told twice: it is counted only as merged. */
export interface IncidentFigures {
  readonly opened: number;
  readonly resolved: number;
  readonly merged: number;
  /** Of those opened, the ones that were no outage: no time below is theirs, as `upkeep incident stats` counts. */
  readonly noOutages: number;
  /** Median time from the onset to the first alert of those opened in the span whose onset is known; null without any. */
  readonly detectMs: number | null;
  readonly longestDetectMs: number | null;
  /** Median `IncidentDay.acknowledgeMs` of those acknowledged in the span; null without any. */
  readonly acknowledgeMs: number | null;
  /** Median `IncidentDay.resolveMs` of those resolved in the span; null without any. */
  readonly resolveMs: number | null;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

export function spansOf({ from, to }: Span): { today: Span; before: Span } {
  return { today: { from, to }, before: { from: from - (to - from), to: from } };
}

function within(at: number | null, { from, to }: Span): boolean {
  return at !== null && at > from && at <= to;
}

export function incidentFigures(incidents: readonly IncidentDay[], span: Span): IncidentFigures {
  const own = incidents.filter((incident) => !isMerged(incident));
  const opened = own.filter((incident) => within(incident.openedAt, span));
  const outages = own.filter(({ isNoOutage }) => !isNoOutage);
  const detected = opened.flatMap((one) => (one.isNoOutage ? [] : (one.detectMs ?? [])));
  const acknowledged = outages.filter((incident) => within(incident.acknowledgedAt, span));
  const resolved = own.filter((incident) => within(incident.resolvedAt, span));
  const merged = incidents.filter((incident) => isMerged(incident) && within(incident.resolvedAt, span));
  return {
    opened: opened.length,
    resolved: resolved.length,
    merged: merged.length,
    noOutages: opened.filter(({ isNoOutage }) => isNoOutage).length,
    detectMs: median(detected),
    longestDetectMs: detected.length === 0 ? null : Math.max(...detected),
    acknowledgeMs: median(acknowledged.flatMap((one) => one.acknowledgeMs ?? [])),
    resolveMs: median(resolved.flatMap((one) => (one.isNoOutage ? [] : (one.resolveMs ?? [])))),
  };
}

export function isMerged({ mergedInto }: Pick<IncidentView, 'mergedInto'>): boolean {
  return typeof mergedInto === 'string';
}

/** Incidents that were open at any moment of the span. */
export function incidentsOf({ incidents, from, to }: Pick<DailyFacts, 'incidents' | 'from' | 'to'>) {
  return incidents.filter((one) => one.openedAt <= to && (one.resolvedAt === null || one.resolvedAt > from));
}

export interface ActionFigures {
  readonly done: number;
  readonly failed: number;
  /** By the guard, by a person, or by silence. */
  readonly refused: number;
  readonly waiting: number;
}

const failedStates = ['failed', 'undone', 'interrupted'];
const refusedStates = ['refused', 'denied', 'expired'];

export function actionsOf(actions: readonly ActionView[], span: Span): ActionView[] {
  return actions.filter((one) => within(one.proposedAt, span) || within(one.endedAt, span));
}

export function actionFigures(actions: readonly ActionView[], span: Span): ActionFigures {
  const ended = actions.filter((one) => within(one.endedAt, span));
  return {
    done: ended.filter((one) => one.state === 'done').length,
    failed: ended.filter((one) => failedStates.includes(one.state)).length,
    refused: ended.filter((one) => refusedStates.includes(one.state)).length,
    waiting: actions.filter((one) => one.state === 'awaiting-approval').length,
  };
}

/** Which objectives of a service were missed on this day; an unknown value misses none. */
export function missedBy({ view, today }: ServiceDay): ('availability' | 'latency')[] {
  const { objective, latencyObjective } = view;
  const seconds = objectiveLatency(view, today);
  const isDown = objective !== null && today.availability !== null && today.availability < objective;
  const isSlow = latencyObjective !== null && seconds !== null && seconds * 1_000 > latencyObjective.belowMs;
  return [...(isDown ? (['availability'] as const) : []), ...(isSlow ? (['latency'] as const) : [])];
}

/** The quantile that the service's latency objective names, p95 without one; seconds. */
export function objectiveLatency(view: ServiceDay['view'], measured: ServiceDay['today']): number | null {
  const quantile = view.latencyObjective?.quantile ?? 0.95;
  if (quantile === 0.5) return measured.p50;
  return quantile === 0.99 ? measured.p99 : measured.p95;
}

export function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** One incident that nobody saw for an hour does not make the usual one late. */
function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
