/** Reads the fields of one rule: whole rules of a system's rules.yaml, and overrides in upkeep.yaml. */
import type { BurnRule } from '../core/burn-rate/objective.ts';
import type { Rule, RuleBase } from '../core/rule.ts';
import { levels } from '../core/severity.ts';
import { type Field, list, report, reportKey, section, text } from './field.ts';
import { type Get, ownFields, readKind, ruleKinds } from './rule-kinds.ts';
import { knownMetric, type Metrics, optional, optionalKey, quantity, unitOf } from './rule-values.ts';
import { duration, flag, oneOf, wholeNumber, words } from './values.ts';

export { ruleKinds } from './rule-kinds.ts';
export type { Metrics } from './rule-values.ts';

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
  'hygiene',
];

/** With the place that it was changed at. */
export function withOrigin(rule: Rule, before: Rule | undefined, field: Field): Rule {
  const fields = (section(field)?.all ?? []).map(({ name }) => name);
  const { line } = field.source.lineOf(field.keyAt);
  return { ...rule, origins: [...(before?.origins ?? []), { path: field.path, line, fields }] };
}

/**
 * One rule: `base` with the fields that stand in the file, or a new one where there is no base.
 * Undefined after reporting what is wrong.
 */
export function readRule(field: Field, metrics: Metrics, base: Rule | undefined): Rule | undefined {
  const anyField = section(field);
  if (anyField === undefined) return undefined;
  const kindField = anyField.get('kind');
  const kind = kindField === undefined ? base?.kind : oneOf(kindField, ruleKinds);
  if (kind === 'burn-rate') return readBurnRate(field, metrics, base);
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
  const isHygiene = optional(get('hygiene'), flag) ?? base?.isHygiene;
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
    ...optionalKey('isHygiene', isHygiene),
  };
}

function unwrittenRunbook(id: string): string {
  return `No runbook is written for this rule yet: add \`runbook:\` to \`rules.${id}\` in upkeep.yaml.`;
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

const severities = ['page', 'ticket'] as const;
const burnFields = [
  'summary',
  'levels',
  'for',
  'clearFor',
  'windows',
  'leastBad',
  'source',
  'runbook',
  'enabled',
];

/** Made for each SLO; what stands in the file changes how it warns, not what it is about. */
function readBurnRate(field: Field, metrics: Metrics, base: Rule | undefined): Rule | undefined {
  if (base?.kind !== 'burn-rate') return undefined;
  const part = section(field, burnFields);
  const before = field.source.problems.length;
  const common = part && readCommon(field, part.get, metrics, base);
  const windows = optional(part?.get('windows'), readWindows) ?? base.windows;
  const leastBad = optional(part?.get('leastBad'), (value) => wholeNumber(value, { min: 0, max: 1e6 }));
  if (!common || field.source.problems.length > before) return undefined;
  return { ...base, ...common, windows, leastBad: leastBad ?? base.leastBad };
}

function readWindows(field: Field): readonly BurnRule[] {
  return list(field).flatMap((item): BurnRule[] => {
    const part = section(item, ['long', 'short', 'factor', 'do']);
    const [long, short, factor] = [part?.get('long'), part?.get('short'), part?.get('factor')];
    if (!part) return [];
    if (!long || !short || !factor) {
      reportKey(item, 'needs long, short and factor', '{ long: 1h, short: 5m, factor: 14.4, do: page }');
      return [];
    }
    const [longMs, shortMs] = [duration(long, { min: 60_000 }), duration(short, { min: 60_000 })];
    const times = quantity(factor, 'count');
    const severity = optional(part.get('do'), (value) => oneOf(value, severities)) ?? 'page';
    if (longMs === undefined || shortMs === undefined || times === undefined) return [];
    return [{ severity, longMs, shortMs, factor: times }];
  });
}
