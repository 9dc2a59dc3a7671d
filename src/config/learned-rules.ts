/** Rules that learn: forecasts, anomalies, trends, and what was never seen before. */

import { isMap } from 'yaml';
import type { LearnedRule, Rule, RuleBase } from '../core/rule.ts';
import { metricNamed } from '../core/sample.ts';
import { type Field, report, reportKey, resolved, section, text } from './field.ts';
import type { Get, RuleKind } from './rule-kinds.ts';
import { isNull, knownMetric, type Metrics, optional, optionalKey, quantity, unitOf } from './rule-values.ts';
import { duration, flag, oneOf } from './values.ts';

type LearnedKind = LearnedRule['kind'] & RuleKind;
const hourMs = 3_600_000;

export function readLearned(
  field: Field,
  kind: LearnedKind,
  get: Get,
  metrics: Metrics,
  common: RuleBase,
  base: Rule | undefined,
): LearnedRule | undefined {
  const read = { forecast: readForecast, anomaly: readAnomaly, trend: readTrend, new: readNew }[kind];
  return read({ field, get, metrics, common, base });
}

interface Reading {
  readonly field: Field;
  readonly get: Get;
  readonly metrics: Metrics;
  readonly common: RuleBase;
  readonly base: Rule | undefined;
}

const ways = ['rising', 'falling'] as const;
const sides = ['above', 'below', 'either'] as const;

function readForecast({ field, get, metrics, common, base }: Reading): LearnedRule | undefined {
  const own = base?.kind === 'forecast' ? base : undefined;
  const direction = optional(get('direction'), (value) => oneOf(value, ways)) ?? own?.direction ?? 'rising';
  const unit = unitOf(metrics, common.metric);
  const [limitField, ofField] = [get('limit'), get('of')];
  if (limitField && ofField) return report(limitField, 'stands beside of', 'keep one: a number, or a metric');
  const of = ofField ? knownMetric(ofField, metrics) : limitField ? undefined : own?.of;
  const limit = limitField ? quantity(limitField, unit) : ofField ? undefined : own?.limit;
  const level = (key: 'warning' | 'critical') => {
    const levelField = get(key);
    if (levelField && isNull(levelField)) return undefined;
    return levelField ? within(levelField) : own?.[key];
  };
  const [warning, critical] = [level('warning'), level('critical')];
  if (of === undefined && limit === undefined && unit !== 'ratio')
    return limitField || ofField
      ? undefined
      : reportKey(field, 'has no limit', 'limit: 20GB, or of: the metric that holds the limit');
  if (warning === undefined && critical === undefined)
    return reportKey(
      field,
      'has neither warning nor critical',
      'warning: 3d fires when it is full within 3 days',
    );
  if (warning !== undefined && critical !== undefined && critical > warning)
    return reportKey(field, 'is critical earlier than it warns', 'swap warning and critical');
  return {
    ...common,
    kind: 'forecast',
    direction,
    ...optionalKey('of', of),
    ...optionalKey('limit', limit ?? (of === undefined ? 1 : undefined)),
    ...optionalKey('warning', warning),
    ...optionalKey('critical', critical),
  };
}

/** `3d`, or `{ within: 3d }`. */
function within(field: Field): number | undefined {
  if (!isMap(resolved(field))) return duration(field, { min: 60_000, usual: 'h' });
  const inner = section(field, ['within'])?.get('within');
  return inner ? duration(inner, { min: 60_000, usual: 'h' }) : undefined;
}

function readAnomaly({ get, metrics, common, base }: Reading): LearnedRule {
  const own = base?.kind === 'anomaly' ? base : undefined;
  const critical = optional(get('critical'), (value) =>
    isNull(value) ? undefined : quantity(value, 'count'),
  );
  const given = optional(get('direction'), (value) => oneOf(value, sides));
  return {
    ...common,
    kind: 'anomaly',
    direction: given ?? own?.direction ?? 'either',
    ...optionalKey('critical', get('critical') ? critical : own?.critical),
    isCounter: metricNamed(metrics, common.metric)?.kind === 'counter',
  };
}

function readTrend({ get, metrics, common, base }: Reading): LearnedRule {
  const own = base?.kind === 'trend' ? base : undefined;
  const isCounter = metricNamed(metrics, common.metric)?.kind === 'counter';
  const unit = isCounter ? undefined : unitOf(metrics, common.metric);
  return {
    ...common,
    kind: 'trend',
    direction: optional(get('direction'), (value) => oneOf(value, ways)) ?? own?.direction ?? 'rising',
    overMs: optional(get('over'), (value) => duration(value, { min: 600_000 })) ?? own?.overMs ?? 6 * hourMs,
    least: optional(get('least'), (value) => quantity(value, unit)) ?? own?.least ?? 0,
    change: optional(get('change'), (value) => quantity(value, 'ratio')) ?? own?.change ?? 0.5,
    critical: optional(get('critical'), flag) ?? own?.critical ?? false,
    isCounter,
  };
}

function readNew({ field, get, metrics, common, base }: Reading): LearnedRule | undefined {
  const own = base?.kind === 'new' ? base : undefined;
  const label = optional(get('label'), text) ?? own?.label;
  if (label === undefined)
    return reportKey(field, 'names no label', 'label: the label whose values are the patterns');
  const unit = unitOf(metrics, common.metric);
  const least = optional(get('least'), (value) => quantity(value, unit)) ?? own?.least;
  return {
    ...common,
    kind: 'new',
    label,
    ...optionalKey('least', least),
    learnMs: optional(get('learn'), (value) => duration(value)) ?? own?.learnMs ?? 24 * hourMs,
    holdMs: optional(get('hold'), (value) => duration(value, { min: 60_000 })) ?? own?.holdMs ?? hourMs,
    critical: optional(get('critical'), flag) ?? own?.critical ?? false,
  };
}
