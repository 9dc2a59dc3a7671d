/** The rules that every service with an SLO has by itself. They stand at the first of its targets, which bears their alerts. */
import { defaultBudgetPolicy, sloPeriodMs } from '../core/burn-rate/error-budget.ts';
import { burnRulesFor } from '../core/burn-rate/objective.ts';
import { objectivesOf } from '../core/burn-rate/of-service.ts';
import { sloMetrics } from '../core/burn-rate/readings.ts';
import type { ServiceSettings, TargetSettings } from '../core/configuration.ts';
import type { BurnRateRule, Rule, ThresholdRule } from '../core/rule.ts';
import { hintFor } from '../core/suggest.ts';
import { type Field, reportKey, section } from './field.ts';
import { readRule, withOrigin } from './rule-fields.ts';
import type { ServiceDraft } from './services.ts';
import { sloRunbooks } from './slo-runbooks.ts';

const ids = ['slo.burn-rate', 'slo.budget'];

export function isSloRule(field: Field): boolean {
  return field.name.startsWith('slo.');
}

export function withSloRules(
  targets: readonly TargetSettings[],
  services: readonly ServiceDraft[],
  general: Field | undefined,
): TargetSettings[] {
  for (const rules of [general, ...services.map((service) => service.rules)]) checkIds(rules);
  const byBearer = new Map<string, Rule[]>();
  for (const service of services) {
    const bearer = service.targets[0];
    if (bearer === undefined) continue;
    const rules = sloRules(service).map((rule) =>
      [general, service.rules].reduce((result, fields) => override(result, fields), rule),
    );
    byBearer.set(bearer, [...(byBearer.get(bearer) ?? []), ...rules]);
  }
  return targets.map((target) => {
    const rules = byBearer.get(target.name);
    return rules ? { ...target, rules: [...target.rules, ...rules] } : target;
  });
}

function override(rule: Rule, fields: Field | undefined): Rule {
  const field = fields && section(fields)?.get(rule.id);
  const read = field && readRule(field, sloMetrics, rule);
  return field && read ? withOrigin(read, rule, field) : rule;
}

function checkIds(fields: Field | undefined): void {
  for (const field of (fields && section(fields)?.all) ?? [])
    if (isSloRule(field) && !ids.includes(field.name))
      reportKey(field, 'is no rule', hintFor(field.name, ids));
}

function sloRules(service: Pick<ServiceSettings, 'name' | 'slo'>): Rule[] {
  const policy = service.slo?.policy ?? defaultBudgetPolicy;
  const notify = Math.max(0, ...policy.flatMap((step) => (step.do === 'notify' ? [step.below] : [])));
  return objectivesOf(service).flatMap(({ kind }) => {
    const base = { where: { service: service.name, objective: kind }, forMs: 0, enabled: true };
    const words = kind === 'availability' ? 'Availability' : 'Latency';
    const burn: BurnRateRule = {
      ...base,
      id: 'slo.burn-rate',
      kind: 'burn-rate',
      summary: `${words} of ${service.name} burns its error budget`,
      metric: 'slo.burn',
      clearForMs: 0,
      levels: { warning: 'low', critical: 'high' },
      source: 'The Site Reliability Workbook, ch. 5, table 5-8',
      runbook: sloRunbooks.burnRate,
      service: service.name,
      objective: kind,
      windows: burnRulesFor(service.slo?.periodMs ?? sloPeriodMs),
      leastBad: 0,
    };
    const budget: ThresholdRule = {
      ...base,
      id: 'slo.budget',
      kind: 'threshold',
      summary: `Little is left of the ${kind} error budget of ${service.name}`,
      metric: 'slo.budget_left',
      clearForMs: 3_600_000,
      levels: { warning: 'low', critical: 'medium' },
      source: 'The Site Reliability Workbook, appendix B: the budget decides whether to release',
      runbook: sloRunbooks.budget,
      direction: 'below',
      warning: notify,
      hysteresis: 0.05,
    };
    return notify > 0 ? [burn, budget] : [burn];
  });
}
