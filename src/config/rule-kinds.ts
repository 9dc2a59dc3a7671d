/** The fields that each kind of rule has of its own. */
import type { Rule, RuleBase } from '../core/rule.ts';
import { type Field, report, reportKey } from './field.ts';
import { readLearned } from './learned-rules.ts';
import {
  isNull,
  knownMetric,
  type Metrics,
  mostOf,
  optional,
  optionalKey,
  quantity,
  states,
  unitOf,
} from './rule-values.ts';
import { duration, flag, oneOf } from './values.ts';

export const ruleKinds = ['threshold', 'state', 'absence', 'forecast', 'anomaly', 'trend', 'new'] as const;
export type RuleKind = (typeof ruleKinds)[number];
const directions = ['above', 'below'] as const;

export const ownFields: Record<RuleKind, readonly string[]> = {
  threshold: ['direction', 'warning', 'critical', 'hysteresis', 'increase', 'of'],
  state: ['warning', 'critical'],
  absence: ['critical'],
  forecast: ['direction', 'limit', 'of', 'warning', 'critical'],
  anomaly: ['direction', 'critical'],
  trend: ['direction', 'over', 'least', 'change', 'critical'],
  new: ['label', 'least', 'learn', 'hold', 'critical'],
};

export type Get = (key: string) => Field | undefined;

export function readKind(
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
  if (kind !== 'threshold') return readLearned(field, kind, get, metrics, common, base);
  return readThreshold(field, get, metrics, common, base);
}

function readThreshold(
  field: Field,
  get: Get,
  metrics: Metrics,
  common: RuleBase,
  base: Rule | undefined,
): Rule | undefined {
  const own = base?.kind === 'threshold' ? base : undefined;
  const of = optional(get('of'), (value) => knownMetric(value, metrics)) ?? own?.of;
  const unit = of === undefined ? unitOf(metrics, common.metric) : 'ratio';
  const most = of === undefined ? mostOf(metrics, common.metric) : undefined;
  const level = (key: 'warning' | 'critical'): number | undefined => {
    const levelField = get(key);
    // `critical: null` takes a default level away.
    if (levelField !== undefined && isNull(levelField)) return undefined;
    return levelField ? quantity(levelField, unit, most) : own?.[key];
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
    kind: 'threshold',
    direction,
    ...optionalKey('warning', warning),
    ...optionalKey('critical', critical),
    hysteresis,
    ...optionalKey('increaseMs', increaseMs),
    ...optionalKey('of', of),
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
