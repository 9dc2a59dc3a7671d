/** Puts the rules of every target together: defaults, then `rules:`, its services', its own. */
import type { TargetSettings } from '../core/configuration.ts';
import type { Rule } from '../core/rule.ts';
import { hintFor } from '../core/suggest.ts';
import type { SystemEntry } from '../core/system.ts';
import { type Field, reportKey, section } from './field.ts';
import { withLentRules } from './lent-rules.ts';
import { isLogRule, withLogRules } from './log-rules.ts';
import { readRule, withOrigin } from './rule-fields.ts';
import { metricsOf } from './rules.ts';
import type { ServiceDraft } from './services.ts';
import { isSloRule, withSloRules } from './slo-rules.ts';
import type { TargetDraft, TargetsReading } from './targets.ts';

export type RulesByKind = ReadonlyMap<string, readonly Rule[]>;

/** Applies the top-level `rules:` to the defaults of every system. */
export function overrideDefaults(
  field: Field | undefined,
  systems: readonly SystemEntry[],
  defaults: RulesByKind,
): RulesByKind {
  const result = new Map(defaults);
  for (const ruleField of (field && section(field)?.all) ?? []) {
    if (isSloRule(ruleField) || isLogRule(ruleField)) continue;
    const entry = systemOfRule(ruleField, systems, defaults);
    if (entry) result.set(entry.kind, override(result.get(entry.kind) ?? [], ruleField, entry));
  }
  return result;
}

export function withRules(
  targets: TargetsReading,
  services: readonly ServiceDraft[],
  systems: readonly SystemEntry[],
  byKind: RulesByKind,
  /** The top-level `rules:`, which may speak of the rules that guard SLOs. */
  general: Field | undefined,
): TargetSettings[] {
  for (const service of services) checkServiceRules(service, targets, systems, byKind);
  const settings = targets.drafts.map((draft) => {
    const { field: _, entry, rules: ownField, ...target } = draft;
    let rules = byKind.get(entry.kind) ?? [];
    for (const service of services) {
      if (service.targets.includes(draft.name)) rules = overrideAll(rules, service.rules, entry);
    }
    checkOwnRules(draft, systems, rules);
    return { ...target, rules: overrideAll(rules, ownField, entry) };
  });
  const withLogs = withLogRules(settings, { drafts: targets.drafts, services, general });
  return withSloRules(withLentRules(withLogs, systems), services, general);
}

function overrideAll(rules: readonly Rule[], field: Field | undefined, entry: SystemEntry): readonly Rule[] {
  const fields = (field && section(field)?.all) ?? [];
  return fields
    .filter((ruleField) => kindOfRule(ruleField) === entry.kind)
    .reduce((result, ruleField) => override(result, ruleField, entry), rules);
}

function override(rules: readonly Rule[], field: Field, entry: SystemEntry): readonly Rule[] {
  const base = rules.find((rule) => rule.id === field.name);
  const isNew = base === undefined;
  if (isNew && section(field)?.get('kind') === undefined) {
    const ids = rules.map((rule) => rule.id);
    reportKey(
      field,
      `is no rule of ${entry.kind}`,
      hintFor(field.name, ids) ?? 'a new rule needs kind and metric',
    );
    return rules;
  }
  const read = readRule(field, metricsOf(entry), base);
  if (read === undefined) return rules;
  const rule = withOrigin(read, base, field);
  return isNew ? [...rules, rule] : rules.map((other) => (other.id === rule.id ? rule : other));
}

function kindOfRule(field: Field): string {
  return field.name.split('.')[0] ?? '';
}

function systemOfRule(
  field: Field,
  systems: readonly SystemEntry[],
  byKind: RulesByKind,
): SystemEntry | undefined {
  const entry = systems.find((system) => system.kind === kindOfRule(field));
  if (entry !== undefined && field.name.includes('.')) return entry;
  const ids = [...byKind.values()].flat().map((rule) => rule.id);
  return reportKey(field, 'is no rule', hintFor(field.name, ids) ?? 'rules are named <system>.<name>');
}

function checkServiceRules(
  service: ServiceDraft,
  targets: TargetsReading,
  systems: readonly SystemEntry[],
  byKind: RulesByKind,
): void {
  const kinds = service.targets.map((name) => targets.systemOf.get(name));
  for (const field of (service.rules && section(service.rules)?.all) ?? []) {
    if (isSloRule(field) || isLogRule(field)) continue;
    const entry = systemOfRule(field, systems, byKind);
    // Targets whose system is unknown were reported; what they would be is anybody's guess.
    if (!entry || kinds.includes(entry.kind) || kinds.includes(undefined)) continue;
    reportKey(field, `no target of ${service.name} has the system ${entry.kind}`);
  }
}

function checkOwnRules(draft: TargetDraft, systems: readonly SystemEntry[], rules: readonly Rule[]): void {
  const ids = rules.map((rule) => rule.id);
  for (const field of (draft.rules && section(draft.rules)?.all) ?? []) {
    const kind = kindOfRule(field);
    if (kind === draft.system || isLogRule(field)) continue;
    const isOther = field.name.includes('.') && systems.some((system) => system.kind === kind);
    const message = isOther ? `is a rule of ${kind}, and ${draft.name} is ${draft.system}` : 'is no rule';
    reportKey(field, message, isOther ? undefined : hintFor(field.name, ids));
  }
}
