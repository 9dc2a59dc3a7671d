/** What differs since an onset, in what was asked about and in what it needs. Pure. */
import type { Shift } from '../onset/shift.ts';
import type { Labels, Unit } from '../sample.ts';
import { dependenciesOf, type Topology } from '../topology.ts';
import { type MetricKind, worseWay } from './metric-kind.ts';

export interface MovedMetric extends Shift {
  readonly target: string;
  readonly metric: string;
  readonly summary: string;
  readonly labels: Labels;
  readonly unit: Unit;
  readonly kind: MetricKind;
}

export function isWorse({ metric, kind, score }: MovedMetric): boolean {
  return worseWay(metric, kind) * score > 0;
}

/** The shift that dates the whole: of the symptom, first in what was asked about, then in what it needs. */
export function leadingShift(
  moved: readonly MovedMetric[],
  asked: readonly string[],
  kinds: readonly MetricKind[],
): MovedMetric | null {
  const fits = moved.filter((one) => kinds.includes(one.kind) && (one.kind === 'traffic' || isWorse(one)));
  const own = fits.filter(({ target }) => asked.includes(target));
  const rank = ({ kind, score, ended }: MovedMetric) =>
    // What lasts is asked about, and what users feel says more than what only a check waits for.
    Math.min(Math.abs(score), 20) * (ended === null ? 2 : 1) - kinds.indexOf(kind);
  return [...(own.length > 0 ? own : fits)].sort((a, b) => rank(b) - rank(a))[0] ?? null;
}

/** Those that moved when the leading one did. */
export function movedTogether(
  moved: readonly MovedMetric[],
  onset: number,
  toleranceMs: number,
): MovedMetric[] {
  return moved
    .filter((one) => Math.abs(one.onset - onset) <= toleranceMs)
    .sort((a, b) => Number(isWorse(b)) - Number(isWorse(a)) || Math.abs(b.score) - Math.abs(a.score));
}

/** Targets that got worse while nothing that they need did: where it begins. */
export function deepestWorse(moved: readonly MovedMetric[], topology: Topology): string[] {
  const worse = [
    ...new Set(moved.filter((one) => isWorse(one) && one.kind !== 'other').map(({ target }) => target)),
  ];
  return worse.filter((name) => !dependenciesOf(topology, name).some((below) => worse.includes(below)));
}

/** `12 ms`, `87 %`, `340/s` */
export function amount(value: number, unit: Unit): string {
  const short = (number: number) => String(Number(number.toPrecision(3)));
  if (unit === 'ratio') return `${short(value * 100)} %`;
  if (unit === 'seconds') return value < 1 ? `${short(value * 1_000)} ms` : `${short(value)} s`;
  if (unit === 'per-second') return `${short(value)}/s`;
  if (unit !== 'bytes') return short(value);
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.abs(value) || 1) / 10)));
  return `${short(value / 1_024 ** power)} ${units[power]}`;
}

/** `http.duration.total of web from 40 ms to 310 ms` */
export function inWords({ metric, target, before, after, unit, labels }: MovedMetric): string {
  const values = Object.values(labels);
  const of = values.length > 0 ? ` (${values.join(', ')})` : '';
  return `${metric}${of} of ${target} from ${amount(before, unit)} to ${amount(after, unit)}`;
}
