/** One rule with settings as they would stand in upkeep.yaml, for tests and replays of rules. */
import { sloMetrics } from '../core/burn-rate/readings.ts';
import type { Rule } from '../core/rule.ts';
import type { SystemEntry } from '../core/system.ts';
import { rootField, section } from './field.ts';
import { readRule } from './rule-fields.ts';
import { metricsOf } from './rules.ts';
import { openSource } from './source.ts';

export type Overridden = { readonly rule: Rule } | { readonly problems: readonly string[] };

/** `settings` are YAML: `{ warning: 80%, for: 2m }`. */
export function overrideRule(rule: Rule, settings: string, systems: readonly SystemEntry[]): Overridden {
  const source = openSource({
    file: 'set',
    text: settings,
    variable: () => undefined,
    variableNames: () => [],
    secretFile: () => {
      throw new Error('a setting of a rule has no secrets');
    },
  });
  const system = systems.find(({ kind }) => rule.id.startsWith(`${kind}.`));
  const metrics = rule.id.startsWith('slo.') ? sloMetrics : system ? metricsOf(system) : {};
  const field = source.document && { ...rootField(source), name: rule.id };
  const read = field && section(field) && readRule(field, metrics, rule);
  if (read && source.problems.length === 0) return { rule: read };
  return {
    problems: source.problems.map(({ path, message, hint }) =>
      [path, `${message}${hint === undefined ? '' : ` (${hint})`}`].filter((part) => part !== '').join(': '),
    ),
  };
}
