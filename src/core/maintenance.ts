/**
 * Maintenance windows: once or by an RFC 5545 rule, in a time zone, so that `03:00` stays 03:00 when daylight saving
 * comes and goes. Pure.
 */
import { RRuleTemporal } from 'rrule-temporal';
import { Temporal } from 'temporal-polyfill';
import type { Occurrence } from './mute.ts';
import { formatDuration } from './time.ts';
import { dependentsOf, type Topology } from './topology.ts';

export interface MaintenanceWindow {
  readonly name: string;
  readonly what: string;
  /** Wall clock time of the first start: `2026-12-01T03:00`. */
  readonly starts: string;
  readonly timezone: string;
  readonly durationMs: number;
  /** RFC 5545 rule without DTSTART (`FREQ=WEEKLY;BYDAY=SU`); null for a window that comes once. */
  readonly rrule: string | null;
  /** Names; both empty means everything. */
  readonly targets: readonly string[];
  readonly services: readonly string[];
  /** What users will notice, and what they have to do; for the notice. */
  readonly impact: string | null;
  readonly actionRequired: string | null;
  /** Notifiers that are told; none where empty. */
  readonly notify: readonly string[];
  /** Nobody was named: `notify` holds whom incidents of these targets are told by, who hear of what their `events` take. */
  readonly isNotifyDefault?: true;
  readonly noticeBeforeMs: number;
  /** Counted as neither good nor bad in SLOs. */
  readonly isExcludedFromSlo: boolean;
  /** Who planned it; null for one of upkeep.yaml. */
  readonly createdBy: string | null;
}

/** More occurrences than this are not followed: a rule by the second would never end. */
const mostOccurrences = 1_000;

/** Stretches that touch [from, to), in order. A window's length is elapsed time, also over a change of the clocks. */
export function occurrencesOf(
  window: MaintenanceWindow,
  from: number,
  to: number,
): { startsAt: number; endsAt: number }[] {
  const { durationMs } = window;
  return startsBetween(window, from - durationMs, to)
    .map((startsAt) => ({ startsAt, endsAt: startsAt + durationMs }))
    .filter(({ startsAt, endsAt }) => endsAt > from && startsAt < to);
}

function startsBetween({ starts, timezone, rrule }: MaintenanceWindow, from: number, to: number): number[] {
  const first = Temporal.PlainDateTime.from(starts).toZonedDateTime(timezone);
  if (rrule === null) return [first.epochMilliseconds];
  const rule = new RRuleTemporal({ rruleString: rrule, dtstart: first, maxIterations: 100_000 });
  const zoned = (at: number) =>
    Temporal.Instant.fromEpochMilliseconds(Math.max(at, first.epochMilliseconds)).toZonedDateTimeISO(
      timezone,
    );
  return rule
    .between(zoned(from), zoned(to), true)
    .slice(0, mostOccurrences)
    .map((start) => start.epochMilliseconds);
}

/** Why a rule cannot be used; null where it can. */
export function problemOf(rrule: string, timezone: string): string | null {
  if (/^FREQ=(SECONDLY|MINUTELY)/i.test(rrule)) return 'comes too often for a maintenance window';
  try {
    const first = Temporal.PlainDateTime.from('2026-01-01T00:00').toZonedDateTime(timezone);
    new RRuleTemporal({ rruleString: rrule, dtstart: first }).next(first, true);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Targets whose alerts the window holds: its own, those of its services, and what needs them, as that fails with them.
 * Null for everything.
 */
export function coverage(
  window: Pick<MaintenanceWindow, 'targets' | 'services'>,
  topology: Topology,
): ReadonlySet<string> | null {
  if (window.targets.length === 0 && window.services.length === 0) return null;
  const own = [
    ...window.targets,
    ...[...topology.servicesOf].flatMap(([target, services]) =>
      services.some((service) => window.services.includes(service)) ? [target] : [],
    ),
  ];
  return new Set(own.flatMap((target) => [target, ...dependentsOf(topology, target)]));
}

/** What is under maintenance at this moment. */
export function running(
  windows: readonly MaintenanceWindow[],
  now: number,
  topology: Topology,
): Occurrence[] {
  return windows.flatMap((window) =>
    occurrencesOf(window, now, now + 1).map(({ startsAt, endsAt }) => ({
      window: window.name,
      what: window.what,
      startsAt,
      endsAt,
      covers: coverage(window, topology),
    })),
  );
}

/**
 * Windows that were added or changed and have begun already: what was measured in them counts for no SLO from now on, though
 * it did until now. By the names of those that began within `sinceMs`.
 */
export function backdated(
  before: readonly MaintenanceWindow[],
  after: readonly MaintenanceWindow[],
  now: number,
  sinceMs: number,
): string[] {
  const timing = ({
    starts,
    timezone,
    durationMs,
    rrule,
    targets,
    services,
    isExcludedFromSlo,
  }: MaintenanceWindow) =>
    JSON.stringify([starts, timezone, durationMs, rrule, targets, services, isExcludedFromSlo]);
  const known = new Set(before.map(timing));
  return after
    .filter((window) => window.isExcludedFromSlo && !known.has(timing(window)))
    .filter((window) => occurrencesOf(window, now - sinceMs, now).length > 0)
    .map(({ name }) => name);
}

/**
 * One for each window that comes once and has begun, which a file alone cannot say was planned before: what was measured in it
 * counts for no SLO, though it may have counted when people looked.
 */
export function begunWarnings(
  windows: readonly MaintenanceWindow[],
  now: number,
  sinceMs: number,
): readonly string[] {
  return windows
    .filter(({ rrule, isExcludedFromSlo }) => rrule === null && isExcludedFromSlo)
    .flatMap((window) =>
      occurrencesOf(window, now - sinceMs, now).map(({ startsAt }) => {
        const ago = formatDuration(now - startsAt);
        return `maintenance.${window.name} began ${ago} ago: what was measured in it counts for no SLO, also where it was added afterwards (excludeFromSlo: false counts it)`;
      }),
    );
}

const weekMs = 7 * 24 * 3_600_000;

/** How many of its windows touch the coming week, or the first week of one that lies ahead. */
function weekly(window: MaintenanceWindow, now: number): number {
  const first = Temporal.PlainDateTime.from(window.starts).toZonedDateTime(window.timezone);
  const from = Math.max(now, first.epochMilliseconds);
  return occurrencesOf(window, from, from + weekMs).length;
}

/** Whether it comes more often than daily: nobody can read a notice for each of its windows. */
export function comesOften(window: MaintenanceWindow, now: number): boolean {
  // Of those that come daily eight may touch a week.
  return window.rrule !== null && weekly(window, now) > 8;
}

/** Windows of a series get one notice together while this stays as it is. */
export function seriesOf({ starts, timezone, durationMs, rrule }: MaintenanceWindow): string {
  return [starts, timezone, durationMs, rrule].join(' ');
}

/** One for each series that sends more than two messages a day to a notifier: a start and an end each, and a notice where it is no more than daily. */
export function floodWarnings(windows: readonly MaintenanceWindow[], now: number): readonly string[] {
  return windows.flatMap((window) => {
    if (window.rrule === null || window.notify.length === 0) return [];
    const each = comesOften(window, now) ? 2 : 3;
    const daily = Math.round((weekly(window, now) * each) / 7);
    if (daily <= 2) return [];
    return [
      `maintenance.${window.name} comes so often that ${window.notify.join(', ')} gets up to ${daily} messages a day of it (\`notify: []\` sends none, \`events\` of a notifier says what it takes)`,
    ];
  });
}

/** Stretches of [from, to) in which a target's results count for no SLO, in order and without overlap. */
export function excludedSpans(
  windows: readonly MaintenanceWindow[],
  target: string,
  from: number,
  to: number,
  topology: Topology,
): { from: number; to: number }[] {
  const spans = windows
    .filter((window) => window.isExcludedFromSlo && (coverage(window, topology)?.has(target) ?? true))
    .flatMap((window) => occurrencesOf(window, from, to))
    .map(({ startsAt, endsAt }) => ({ from: Math.max(from, startsAt), to: Math.min(to, endsAt) }))
    .sort((a, b) => a.from - b.from);
  const merged: { from: number; to: number }[] = [];
  for (const span of spans) {
    const last = merged.at(-1);
    if (last && span.from <= last.to) last.to = Math.max(last.to, span.to);
    else merged.push({ ...span });
  }
  return merged;
}

/** What is left of [from, to) without the excluded spans. */
export function countedSpans(
  windows: readonly MaintenanceWindow[],
  target: string,
  from: number,
  to: number,
  topology: Topology,
): { from: number; to: number }[] {
  const counted: { from: number; to: number }[] = [];
  let at = from;
  for (const span of excludedSpans(windows, target, from, to, topology)) {
    if (span.from > at) counted.push({ from: at, to: span.from });
    at = span.to;
  }
  if (at < to) counted.push({ from: at, to });
  return counted;
}
