/** One rule on many targets, told together where its settings are the same. Pure. */
import type { Alert } from './alert.ts';
import { grouped, type Some } from './fold.ts';
import type { RuleOrigin } from './rule.ts';
import { type Labels, seriesKey } from './sample.ts';
import type { Level } from './severity.ts';
import { formatDuration } from './time.ts';

export interface RuleSeries {
  readonly labels: Labels;
  readonly phase: 'ok' | 'pending' | 'firing' | 'unknown';
  readonly level: string | null;
  readonly since: number | null;
  /** Newest value of the metric. */
  readonly value: number | null;
  /** The same with its unit: `84 %`, `1.5 GiB`; null where there is none. */
  readonly said: string | null;
  /** Why it is unknown: still being learned, no limit. */
  readonly reason: string | null;
}

export interface RuleOnTarget {
  readonly target: string;
  readonly isEnabled: boolean;
  readonly where: Labels;
  /** In words: `> 80 % for 5 m`. */
  readonly warning: string | null;
  readonly critical: string | null;
  readonly levels: { readonly warning: Level; readonly critical: Level };
  readonly forMs: number;
  readonly clearForMs: number;
  /** The default of the system where empty; the last entry speaks last. */
  readonly origins: readonly RuleOrigin[];
  readonly series: readonly RuleSeries[];
}

/** Of several series on several targets, one; a target without a sample has none. */
export interface SeriesRow {
  readonly target: string;
  readonly series: RuleSeries | null;
}

/** More firings than these are folded by incident. */
export const firingsListed = 10;

const phases = ['firing', 'pending', 'unknown', 'ok'] as const;

/** More rows than these are folded by what they say. */
export const rowsListed = 12;
/** As few as these that say the same are listed all the same. */
export const rowsNamed = 3;

export function sameSettings(targets: readonly RuleOnTarget[]): Some<RuleOnTarget>[] {
  return grouped(targets, ({ target, series, ...settings }) => JSON.stringify(settings));
}

/** `critical: http.up is 0 (incident: high)`, a line each; then when it ends and where that is written. */
export function settingsWords(one: Omit<RuleOnTarget, 'target' | 'series'>, metric: string): string[] {
  const level = (name: 'warning' | 'critical') =>
    one[name] === null ? [] : [`${name}: ${metric} ${one[name]} (incident: ${one.levels[name]})`];
  const where = Object.entries(one.where).map(([name, value]) => `${name}=${value}`);
  return [
    ...(one.isEnabled ? [] : ['off']),
    ...level('warning'),
    ...level('critical'),
    ...(where.length === 0 ? [] : [`only of ${where.join(' ')}`]),
    one.clearForMs > 0
      ? `ends after ${formatDuration(one.clearForMs)} without it`
      : 'ends as soon as it is gone',
    one.origins.length === 0
      ? 'the default of the system'
      : `from ${one.origins.map(({ path, line, fields }) => `line ${line}: ${path} (${fields.join(', ')})`).join('; ')}`,
  ];
}

/** What fires first, the well last. */
export function seriesRows(group: readonly RuleOnTarget[]): SeriesRow[] {
  const rows = group.flatMap(({ target, series }): SeriesRow[] =>
    series.length === 0 ? [{ target, series: null }] : series.map((one) => ({ target, series: one })),
  );
  return rows.toSorted((a, b) => phases.indexOf(phaseOf(a)) - phases.indexOf(phaseOf(b)));
}

/** Rows that say the same are one where there are many. */
export function foldedRows(rows: readonly SeriesRow[]): Some<SeriesRow>[] {
  if (rows.length <= rowsListed) return rows.map((one): Some<SeriesRow> => [one]);
  return grouped(rows, (row) => `${phaseOf(row)}|${row.series?.level}|${row.series?.reason}`).flatMap(
    (group) => (group.length <= rowsNamed ? group.map((one): Some<SeriesRow> => [one]) : [group]),
  );
}

/** Whether an alert that is open may be over: nothing is known now of the series that it was judged by. */
export function isUnknownNow(
  { target, labels, resolvedAt }: Pick<Alert, 'target' | 'labels' | 'resolvedAt'>,
  targets: readonly Pick<RuleOnTarget, 'target' | 'series'>[],
): boolean {
  if (resolvedAt !== null) return false;
  const key = seriesKey(target, '', labels);
  const own = targets.filter((one) => one.target === target).flatMap(({ series }) => series);
  const phase = own.find((one) => seriesKey(target, '', one.labels) === key)?.phase;
  return phase === undefined || phase === 'unknown';
}

/** Firings of one level in one incident are one where there are many. */
export function foldedFirings<One extends { readonly incidentId: string | null; readonly level: string }>(
  firings: readonly One[],
): Some<One>[] {
  if (firings.length <= firingsListed) return firings.map((one): Some<One> => [one]);
  return grouped(firings, ({ incidentId, level }) => `${incidentId}|${level}`).flatMap((group) =>
    group.length <= rowsNamed || group[0].incidentId === null
      ? group.map((one): Some<One> => [one])
      : [group],
  );
}

/** Without a sample nothing is known. */
export function phaseOf({ series }: SeriesRow): RuleSeries['phase'] {
  return series?.phase ?? 'unknown';
}
