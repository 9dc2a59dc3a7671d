/** The 90 days of a component: whole days of the page's time zone, from what was measured outside of maintenance. Pure. */
import { Temporal } from 'temporal-polyfill';
import type { ComponentState, DayBar } from './status-page.ts';

const daysShown = 90;

/** From and including, to and excluding. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Day extends Span {
  readonly date: string;
}

/** The parts of spans that lie in another. */
export function within(whole: Span, spans: readonly Span[]): Span[] {
  return spans
    .map(({ from, to }) => ({ from: Math.max(from, whole.from), to: Math.min(to, whole.to) }))
    .filter(({ from, to }) => from < to);
}

/** What is left of a span without parts of it, which are in order and do not overlap. */
export function without(whole: Span, parts: readonly Span[]): Span[] {
  const edges = [whole.from, ...parts.flatMap(({ from, to }) => [from, to]), whole.to];
  return Array.from({ length: edges.length / 2 }, (_, index) => ({
    from: edges[index * 2] ?? 0,
    to: edges[index * 2 + 1] ?? 0,
  })).filter(({ from, to }) => from < to);
}

export function lengthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** The last days until that of `now`, oldest first; with a change of the clocks one has 23 or 25 hours. */
export function daysUntil(now: number, timezone: string, count = daysShown): Day[] {
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timezone).toPlainDate();
  return Array.from({ length: count }, (_, index) => {
    const date = today.subtract({ days: count - 1 - index });
    return {
      date: date.toString(),
      from: date.toZonedDateTime(timezone).epochMilliseconds,
      to: date.add({ days: 1 }).toZonedDateTime(timezone).epochMilliseconds,
    };
  });
}

/** Of one target on one day. */
export interface DayMeasure {
  /** The past time of the day that counts. */
  readonly countedMs: number;
  readonly measuredMs: number;
  /** Of the measured time. */
  readonly upMs: number;
}

export interface DayFacts {
  readonly date: string;
  readonly measures: readonly DayMeasure[];
  readonly maintenanceMs: number;
  readonly incidents: readonly string[];
}

/** Each target counts alike: a component of two with one down all day was up for half of it. */
export function dayBar({ date, measures, maintenanceMs, incidents }: DayFacts): DayBar {
  const measured = measures.filter(({ measuredMs }) => measuredMs > 0);
  const shares = measured.map(({ upMs, measuredMs }) => upMs / measuredMs);
  const uptime = shares.length === 0 ? null : shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const counted = mean(measures.map(({ countedMs }) => countedMs));
  const measuredMs = mean(measured.map((one) => one.measuredMs));
  return {
    date,
    state: stateOfDay(uptime, counted === 0 && maintenanceMs > 0, incidents.length > 0),
    uptime,
    downMs: uptime === null ? 0 : Math.round((1 - uptime) * measuredMs),
    measuredMs: Math.round(measuredMs),
    seen: counted === 0 ? 0 : Math.min(1, mean(measures.map((one) => one.measuredMs)) / counted),
    maintenanceMs,
    incidents,
  };
}

/**
 * By minutes of a whole day: under a minute and a half is fine, up to a quarter of an hour degraded, up to an hour and
 * a quarter a partial outage, more a major one.
 */
const floors: readonly (readonly [number, ComponentState])[] = [
  [0.999, 'operational'],
  [0.99, 'degraded'],
  [0.95, 'partial'],
];

function stateOfDay(uptime: number | null, isAllMaintenance: boolean, hasIncident: boolean): ComponentState {
  if (uptime === null) return isAllMaintenance ? 'maintenance' : hasIncident ? 'degraded' : 'unknown';
  const state = floors.find(([floor]) => uptime >= floor)?.[1] ?? 'major';
  return state === 'operational' && hasIncident ? 'degraded' : state;
}

/** Of the measured time of all days; null where there is none. */
export function uptimeOf(days: readonly DayBar[]): number | null {
  const measuredMs = days.reduce((sum, day) => sum + day.measuredMs, 0);
  if (measuredMs === 0) return null;
  return days.reduce((sum, day) => sum + (day.uptime ?? 0) * day.measuredMs, 0) / measuredMs;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
