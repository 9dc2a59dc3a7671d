/** `upkeep rule test FILE`: series in, alerts expected at times. */
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { inputProblems, plainIssues } from '../../core/input-words.ts';
import { expandSeries, parseSeriesName } from '../../core/notation.ts';
import { type KnownSeries, type Rehearsed, rehearse } from '../../core/rehearsal.ts';
import type { Rule } from '../../core/rule.ts';
import { type Labels, labelKey } from '../../core/sample.ts';
import { formatDuration, parseDuration } from '../../core/time.ts';

const span = z.string().transform((text, ctx) => {
  const ms = text === '0' ? 0 : parseDuration(text);
  if (ms === undefined) ctx.addIssue(`${JSON.stringify(text)} is no duration: use 30s, 5m or 1h`);
  return ms ?? 0;
});
const alert = z.strictObject({
  level: z.enum(['warning', 'critical']).default('warning'),
  labels: z.record(z.string(), z.coerce.string()).default({}),
});
const file = z.strictObject({
  cases: z
    .array(
      z.strictObject({
        name: z.string(),
        rule: z.string(),
        target: z.string().optional(),
        set: z.record(z.string(), z.unknown()).optional(),
        every: span.default(60_000),
        series: z.record(z.string(), z.coerce.string()),
        expect: z.array(z.strictObject({ at: span, alerts: z.array(alert) })).min(1),
      }),
    )
    .min(1),
});

export type Case = z.output<typeof file>['cases'][number];

export interface CaseResult {
  readonly name: string;
  readonly ok: boolean;
  /** One line for each time that differs. */
  readonly differences: readonly string[];
}

/** Gives the cases, or what is wrong with the file. */
export function readCases(text: string): readonly Case[] | { readonly problems: readonly string[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const placed = (offset: number, words: string) => `line ${lines.linePos(offset).line}: ${words}`;
  if (document.errors.length > 0)
    return {
      problems: document.errors.map(({ pos, message }) => placed(pos[0], message.split('\n')[0] ?? message)),
    };
  const read = file.safeParse(document.toJS());
  if (read.success) return read.data.cases;
  return {
    problems: plainIssues(read.error.issues).map((issue) =>
      placed(offsetOf(document, issue.path), inputProblems({ issues: [issue] }).join('')),
    ),
  };
}

/** Where the deepest part of the path that is there begins; 0 where none is. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

/** A case begins at 0; burn-rate rules take the series `good` and `bad`, events of each step. */
export function playCase(
  one: Case,
  rule: Rule,
  objective?: { target: number; periodMs: number },
): CaseResult {
  const found = knownSeries(one);
  if (typeof found === 'string') return { name: one.name, ok: false, differences: [found] };
  const { byMetric, to } = found;
  const at = (metric: string, labels: Labels, time: number) =>
    valueAt(byMetric.get(metric) ?? [], labels, time);
  const judged = rule.kind === 'burn-rate' ? 'good' : rule.metric;
  const series = byMetric.get(judged);
  if (!series)
    return {
      name: one.name,
      ok: false,
      differences: [`no series is called ${judged}, which ${rule.id} judges`],
    };
  const last = Math.max(to, ...one.expect.map((expected) => expected.at));
  const burning =
    rule.kind === 'burn-rate' && objective ? { burning: burningOf(byMetric, objective, one.every) } : {};
  const alerts = rehearse({ rule, series, other: at, to: last, ...burning });
  const differences = one.expect.flatMap((expected) => differenceAt(expected, alerts));
  return { name: one.name, ok: differences.length === 0, differences };
}

function knownSeries({ series, every }: Case): { byMetric: Map<string, KnownSeries[]>; to: number } | string {
  const byMetric = new Map<string, KnownSeries[]>();
  let to = 0;
  for (const [name, text] of Object.entries(series)) {
    const key = parseSeriesName(name);
    const values = expandSeries(text);
    if (key === null) return `${name} is no series: write metric{label="value"}`;
    if (typeof values === 'string') return `${name}: ${values}`;
    const points = values
      .map((value, i) => ({ at: i * every, value }))
      .filter(({ value }) => !Number.isNaN(value));
    to = Math.max(to, (values.length - 1) * every);
    byMetric.set(key.metric, [...(byMetric.get(key.metric) ?? []), { labels: key.labels, points }]);
  }
  return { byMetric, to };
}

function valueAt(series: readonly KnownSeries[], labels: Labels, at: number): number | null {
  const exact = series.find((one) => labelKey(one.labels) === labelKey(labels));
  const found = exact ?? series.find((one) => labelKey(one.labels) === '');
  return found?.points.findLast((point) => point.at <= at)?.value ?? null;
}

function burningOf(
  byMetric: ReadonlyMap<string, readonly KnownSeries[]>,
  objective: { target: number; periodMs: number },
  every: number,
) {
  const sum = (metric: string, from: number, to: number) =>
    (byMetric.get(metric) ?? [])
      .flatMap(({ points }) => points)
      .reduce((total, point) => (point.at >= from - every && point.at < to ? total + point.value : total), 0);
  const count = (from: number, to: number) => ({ good: sum('good', from, to), bad: sum('bad', from, to) });
  return { count, objective, since: 0 };
}

function differenceAt(expected: Case['expect'][number], alerts: readonly Rehearsed[]): string[] {
  const firing = alerts
    .filter(
      ({ firedAt, resolvedAt }) =>
        firedAt <= expected.at && (resolvedAt === null || resolvedAt > expected.at),
    )
    .map((one) => said(one.levels.findLast(({ at }) => at <= expected.at)?.level ?? one.level, one.labels));
  const wanted = expected.alerts.map(({ level, labels }) => said(level, labels));
  const [want, got] = [wanted.toSorted().join(', '), firing.toSorted().join(', ')];
  if (want === got) return [];
  const time = formatDuration(expected.at);
  return [`at ${time}: expected ${want === '' ? 'no alert' : want}, got ${got === '' ? 'none' : got}`];
}

function said(level: string, labels: Labels): string {
  const key = labelKey(labels);
  return key === '' ? level : `${level}{${key}}`;
}
