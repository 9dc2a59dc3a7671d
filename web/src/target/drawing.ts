/** What a chart draws of an answer: columns on one time axis, with a name for each line. */
import type { MetricView, SamplesView, SeriesView } from '../../../src/core/view.ts';
import { isLatency } from './metric-order.ts';

/** Null ends a line; undefined is a moment between two looks, which the line crosses. */
export type Column = readonly (number | null | undefined)[];

export interface Line {
  readonly name: string;
  readonly values: Column;
  /** `main` is thick, `edge` bounds a filled band and is thin. */
  readonly kind: 'main' | 'edge' | 'hidden';
}

export interface Drawing {
  /** Epoch seconds. */
  readonly at: readonly number[];
  readonly from: number;
  readonly to: number;
  readonly lines: readonly Line[];
  /** Filled between these two lines, by index. */
  readonly band: readonly [number, number] | null;
  readonly leftOut: number;
}

const mostLines = 8;

export function drawing(samples: SamplesView, metric: Pick<MetricView, 'metric' | 'unit'>): Drawing | null {
  const series = samples.series.filter(({ avg }) => avg.some((value) => value !== null));
  if (series.length === 0) return null;
  const at = timeAxis(series);
  const frame = { at: at.map((ms) => ms / 1_000), from: samples.from / 1_000, to: samples.to / 1_000 };
  const [only] = series;
  if (series.length === 1 && only !== undefined) {
    const lines: Line[] = isLatency(metric)
      ? [
          { name: 'p99', values: onAxis(at, only, 'p99'), kind: 'edge' },
          { name: 'p95', values: onAxis(at, only, 'p95'), kind: 'main' },
          { name: 'p50', values: onAxis(at, only, 'p50'), kind: 'edge' },
        ]
      : [
          { name: 'highest', values: onAxis(at, only, 'max'), kind: 'hidden' },
          { name: 'average', values: onAxis(at, only, 'avg'), kind: 'main' },
          { name: 'lowest', values: onAxis(at, only, 'min'), kind: 'hidden' },
        ];
    return { ...frame, lines, band: [0, 2], leftOut: 0 };
  }
  const largest = [...series].sort((a, b) => peak(b) - peak(a)).slice(0, mostLines);
  const lines = largest.map(
    (each): Line => ({ name: labelText(each), values: onAxis(at, each, 'avg'), kind: 'main' }),
  );
  return { ...frame, lines, band: null, leftOut: series.length - largest.length };
}

function timeAxis(series: readonly SeriesView[]): number[] {
  return [...new Set(series.flatMap(({ at }) => at))].sort((a, b) => a - b);
}

function onAxis(
  at: readonly number[],
  series: SeriesView,
  column: 'min' | 'max' | 'avg' | 'p50' | 'p95' | 'p99',
): Column {
  const values = series[column];
  if (series.at.length === at.length) return crossed(at, values);
  const byTime = new Map(series.at.map((ms, index) => [ms, values[index] ?? null]));
  return crossed(
    at,
    at.map((ms) => byTime.get(ms) ?? null),
  );
}

/** A look may come a little late; two lost ones are a hole. */
const mostOfRhythm = 1.5;

/**
 * What is looked at each minute has no value in most steps of a short range: lone points make no line. The usual distance
 * between values tells the rhythm; what is longer stays a hole.
 */
function crossed(at: readonly number[], values: readonly (number | null)[]): Column {
  const known = values.flatMap((value, index) => (value === null ? [] : [index]));
  const distance = (index: number) => (at[known[index] ?? 0] ?? 0) - (at[known[index - 1] ?? 0] ?? 0);
  const distances = known.slice(1).map((_, index) => distance(index + 1));
  const usual = distances.toSorted((a, b) => a - b)[Math.floor(distances.length / 2)];
  if (usual === undefined || distances.length < 2) return values;
  const drawn: (number | null | undefined)[] = [...values];
  for (const [index, length] of distances.entries())
    if (length <= usual * mostOfRhythm) drawn.fill(undefined, (known[index] ?? 0) + 1, known[index + 1]);
  return drawn;
}

function peak({ max }: SeriesView): number {
  return max.reduce<number>((highest, value) => Math.max(highest, value ?? 0), 0);
}

function labelText({ labels }: SeriesView): string {
  const values = Object.values(labels);
  return values.length === 0 ? 'all' : values.join(' ');
}
