/** Readers of the amounts, metrics and states that rules name. */
import { isScalar } from 'yaml';
import { type Metric, metricNamed, type Unit } from '../core/sample.ts';
import { hintFor } from '../core/suggest.ts';
import { type Field, list, report, resolved, scalar, shown, text } from './field.ts';
import { parseQuantity } from './quantity.ts';

export type Metrics = Readonly<Record<string, Metric>>;

/** A bare `critical:` is "nothing given", `critical: null` says so on purpose; both mean no such level. */
export function isNull(field: Field): boolean {
  const node = resolved(field);
  return isScalar(node) && node.value === null;
}

export function knownMetric(field: Field, metrics: Metrics): string | undefined {
  const name = text(field);
  if (name === undefined || (!name.endsWith('*') && metricNamed(metrics, name))) return name;
  return report(field, `there is no metric ${shown(field)}`, hintFor(name, Object.keys(metrics)));
}

/** Undefined for a metric whose name only its application knows: any amount may be meant. */
export function unitOf(metrics: Metrics, name: string): Unit | undefined {
  return Object.hasOwn(metrics, name) ? metrics[name]?.unit : undefined;
}

/** The largest value that the metric can have, where that is known. */
export function mostOf(metrics: Metrics, name: string): number | undefined {
  return metricNamed(metrics, name)?.atMost;
}

export function states(field: Field): readonly number[] | undefined {
  const values = list(field).map((item) => {
    const value = scalar(item);
    if (value === undefined || typeof value === 'number') return value;
    return report(item, `${shown(item)} is no number`, 'states are numbers');
  });
  return values.filter((value) => value !== undefined);
}

const unitForms: Record<Unit, { readonly fits: readonly string[]; readonly use: string }> = {
  ratio: { fits: ['ratio'], use: '80% or 0.8' },
  seconds: { fits: ['seconds'], use: '500ms or 10s' },
  bytes: { fits: ['bytes'], use: '64MiB or 1GB' },
  count: { fits: [], use: 'a plain number' },
  state: { fits: [], use: 'a plain number' },
  'per-second': { fits: ['bytes'], use: 'a plain number per second' },
};
/** A plain number this big for a ratio is a percentage without its sign. */
const surelyPercent = 10;

/** @param atMost of the metric, a ratio: a level beyond it is reached never, or always where it must not fall below */
export function quantity(field: Field, unit: Unit | undefined, atMost?: number): number | undefined {
  const source = scalar(field);
  if (source === undefined) return undefined;
  const parsed = typeof source === 'boolean' ? undefined : parseQuantity(source);
  if (parsed === undefined) {
    return report(field, `${shown(field)} is no amount`, 'use a number, 80%, 500ms, 10s, 64MiB or 1GB');
  }
  if (unit === undefined) return parsed.value;
  const { fits, use } = unitForms[unit];
  if (parsed.unit !== 'number' && !fits.includes(parsed.unit)) {
    return report(field, `${shown(field)} does not fit: the metric is a ${unit}`, `use ${use}`);
  }
  if (unit === 'ratio' && parsed.unit === 'number' && parsed.value >= surelyPercent) {
    return report(field, `${shown(field)} is far above 100 %`, `did you mean ${parsed.value}%?`);
  }
  if (atMost !== undefined && parsed.value > atMost) {
    const end = `${atMost * 100} %`;
    return report(field, `${shown(field)} is more than the metric can ever be`, `at most ${end}`);
  }
  return parsed.value;
}

export function optional<T>(field: Field | undefined, read: (field: Field) => T | undefined): T | undefined {
  return field === undefined ? undefined : read(field);
}

export function optionalKey<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { [K in Key]?: Value } {
  const part: { [K in Key]?: Value } = {};
  if (value !== undefined) part[key] = value;
  return part;
}
