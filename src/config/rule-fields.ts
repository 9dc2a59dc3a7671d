/** Reads the fields of one rule: whole rules of a system's rules.yaml, and overrides in upkeep.yaml. */
import { isScalar } from 'yaml';
import type { Rule, RuleBase } from '../core/rule.ts';
import { type Metric, metricNamed, type Unit } from '../core/sample.ts';
import { levels } from '../core/severity.ts';
import { type Field, list, report, reportKey, resolved, scalar, section, shown, text } from './field.ts';
import { parseQuantity } from './quantity.ts';
import { hintFor } from './suggest.ts';
import { duration, flag, oneOf, words } from './values.ts';

export type Metrics = Readonly<Record<string, Metric>>;

export const ruleKinds = ['threshold', 'state', 'absence'] as const;
const directions = ['above', 'below'] as const;
type RuleKind = (typeof ruleKinds)[number];

const commonFields = [
  'kind',
  'summary',
  'metric',
  'for',
  'clearFor',
  'where',
  'and',
  'levels',
  'source',
  'runbook',
  'enabled',
];
const ownFields: Record<RuleKind, readonly string[]> = {
  threshold: ['direction', 'warning', 'critical', 'hysteresis', 'increase'],
  state: ['warning', 'critical'],
  absence: ['critical'],
};

/**
 * One rule: `base` with the fields that stand in the file, or a new one where there is no base.
 * Undefined after reporting what is wrong.
 */
export function readRule(field: Field, metrics: Metrics, base: Rule | undefined): Rule | undefined {
  const anyField = section(field);
  if (anyField === undefined) return undefined;
  const kindField = anyField.get('kind');
  const kind = kindField === undefined ? base?.kind : oneOf(kindField, ruleKinds);
  if (kind === undefined) {
    if (kindField === undefined)
      reportKey(field, 'is a new rule and has no kind', `one of ${ruleKinds.join(', ')}`);
    return undefined;
  }
  if (base !== undefined && kind !== base.kind && kindField !== undefined) {
    return report(kindField, `${field.name} is a ${base.kind} rule; its kind cannot be changed`);
  }
  const part = section(field, [...commonFields, ...ownFields[kind]]);
  if (part === undefined) return undefined;
  const before = field.source.problems.length;
  const common = readCommon(field, part.get, metrics, base);
  const rule = common && readKind(field, kind, part.get, metrics, common, base);
  return field.source.problems.length === before ? rule : undefined;
}

type Get = (key: string) => Field | undefined;

function readCommon(field: Field, get: Get, metrics: Metrics, base: Rule | undefined): RuleBase | undefined {
  const metricField = get('metric');
  const metric = metricField ? knownMetric(metricField, metrics) : base?.metric;
  if (metric === undefined) {
    if (!metricField)
      reportKey(field, 'is a new rule and has no metric', 'name the metric whose samples are judged');
    return undefined;
  }
  const where = optional(get('where'), (whereField) => {
    const labels = section(whereField);
    return labels && words(labels.all);
  });
  const and = optional(get('and'), (andField) => readAnd(andField, metrics)) ?? base?.and;
  const source = optional(get('source'), text) ?? base?.source;
  const summary = optional(get('summary'), text) ?? base?.summary ?? `${metric} is out of bounds`;
  return {
    id: field.name,
    summary,
    metric,
    ...optionalKey('where', where ?? base?.where),
    forMs: optional(get('for'), (value) => duration(value)) ?? base?.forMs ?? 0,
    clearForMs: optional(get('clearFor'), (value) => duration(value)) ?? base?.clearForMs ?? 0,
    levels: readLevels(get('levels'), base),
    ...optionalKey('and', and),
    runbook: optional(get('runbook'), text) ?? base?.runbook ?? unwrittenRunbook(field.name),
    ...optionalKey('source', source),
    enabled: optional(get('enabled'), flag) ?? base?.enabled ?? true,
  };
}

function unwrittenRunbook(id: string): string {
  return `No runbook is written for this rule yet: add \`runbook:\` to \`rules.${id}\` in upkeep.yaml.`;
}

function readKind(
  field: Field,
  kind: RuleKind,
  get: Get,
  metrics: Metrics,
  common: RuleBase,
  base: Rule | undefined,
): Rule | undefined {
  if (kind === 'absence') {
    const own = base?.kind === 'absence' ? base.critical : false;
    return { ...common, kind, critical: optional(get('critical'), flag) ?? own };
  }
  if (kind === 'state') {
    const own = base?.kind === 'state' ? base : undefined;
    const warning = optional(get('warning'), states) ?? own?.warning;
    const critical = optional(get('critical'), states) ?? own?.critical;
    if (!warning && !critical) return reportNoLevel(field, get);
    return { ...common, kind, ...optionalKey('warning', warning), ...optionalKey('critical', critical) };
  }
  const own = base?.kind === 'threshold' ? base : undefined;
  const unit = unitOf(metrics, common.metric);
  const level = (key: 'warning' | 'critical'): number | undefined => {
    const levelField = get(key);
    // `critical: null` takes a default level away.
    if (levelField !== undefined && isNull(levelField)) return undefined;
    return levelField ? quantity(levelField, unit) : own?.[key];
  };
  const [warning, critical] = [level('warning'), level('critical')];
  const direction =
    optional(get('direction'), (value) => oneOf(value, directions)) ?? own?.direction ?? 'above';
  if (warning === undefined && critical === undefined) return reportNoLevel(field, get);
  checkOrder(get, field, direction, warning, critical);
  const increaseMs = optional(get('increase'), (value) => duration(value, { min: 1 })) ?? own?.increaseMs;
  const hysteresis =
    optional(get('hysteresis'), (value) => quantity(value, 'ratio')) ?? own?.hysteresis ?? 0.05;
  return {
    ...common,
    kind,
    direction,
    ...optionalKey('warning', warning),
    ...optionalKey('critical', critical),
    hysteresis,
    ...optionalKey('increaseMs', increaseMs),
  };
}

/** A level that stands there but cannot be read was reported already. */
function reportNoLevel(field: Field, get: Get): undefined {
  const given = [get('warning'), get('critical')].filter((level) => level && !isNull(level));
  return given.length > 0 ? undefined : reportKey(field, 'has neither warning nor critical');
}

function checkOrder(
  get: Get,
  field: Field,
  direction: 'above' | 'below',
  warning: number | undefined,
  critical: number | undefined,
): void {
  if (warning === undefined || critical === undefined) return;
  if (direction === 'above' ? warning <= critical : warning >= critical) return;
  const place = get('warning') ?? get('critical') ?? field;
  const order = direction === 'above' ? 'higher' : 'lower';
  report(
    place,
    `the warning level (${warning}) is ${order} than the critical one (${critical})`,
    'swap them',
  );
}

/** A bare `critical:` is "nothing given", `critical: null` says so on purpose; both mean no such level. */
function isNull(field: Field): boolean {
  const node = resolved(field);
  return isScalar(node) && node.value === null;
}

function readLevels(field: Field | undefined, base: Rule | undefined): RuleBase['levels'] {
  const fallback = base?.levels ?? { warning: 'medium', critical: 'high' };
  const part = field && section(field, ['warning', 'critical']);
  if (!part) return fallback;
  const level = (key: 'warning' | 'critical') =>
    optional(part.get(key), (value) => oneOf(value, levels)) ?? fallback[key];
  return { warning: level('warning'), critical: level('critical') };
}

function readAnd(field: Field, metrics: Metrics): RuleBase['and'] {
  const part = section(field, ['metric', 'above']);
  const [metricField, aboveField] = [part?.get('metric'), part?.get('above')];
  if (!metricField || !aboveField) return reportKey(field, 'needs metric and above');
  const metric = knownMetric(metricField, metrics);
  const above = quantity(aboveField, metric === undefined ? undefined : unitOf(metrics, metric));
  return metric === undefined || above === undefined ? undefined : { metric, above };
}

function knownMetric(field: Field, metrics: Metrics): string | undefined {
  const name = text(field);
  if (name === undefined || (!name.endsWith('*') && metricNamed(metrics, name))) return name;
  return report(field, `there is no metric ${shown(field)}`, hintFor(name, Object.keys(metrics)));
}

/** Undefined for a metric whose name only its application knows: any amount may be meant. */
function unitOf(metrics: Metrics, name: string): Unit | undefined {
  return Object.hasOwn(metrics, name) ? metrics[name]?.unit : undefined;
}

function states(field: Field): readonly number[] | undefined {
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

function quantity(field: Field, unit: Unit | undefined): number | undefined {
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
  return parsed.value;
}

function optional<T>(field: Field | undefined, read: (field: Field) => T | undefined): T | undefined {
  return field === undefined ? undefined : read(field);
}

function optionalKey<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  const part: { [K in Key]?: Value } = {};
  if (value !== undefined) part[key] = value;
  return part;
}
