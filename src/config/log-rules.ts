/** The rule that every target with declared logs has by itself. */
import type { TargetSettings } from '../core/configuration.ts';
import { logErrorMetric, logMetrics } from '../core/log/metric.ts';
import type { NewRule } from '../core/rule.ts';
import { hintFor } from '../core/suggest.ts';
import { type Field, reportKey, section } from './field.ts';
import { readRule, withOrigin } from './rule-fields.ts';
import type { ServiceDraft } from './services.ts';
import type { TargetDraft } from './targets.ts';

const hourMs = 3_600_000;

const newError: NewRule = {
  id: 'log.new-error',
  kind: 'new',
  summary: 'The log holds an error of a kind never seen before',
  metric: logErrorMetric,
  label: 'pattern',
  forMs: 0,
  clearForMs: 0,
  levels: { warning: 'low', critical: 'medium' },
  learnMs: 24 * hourMs,
  holdMs: hourMs,
  critical: false,
  enabled: true,
  source: 'Google SRE book, ch. 6: what pages must ask for action; a new line alone asks for a look',
  runbook: `A line of the gravity of an error came that is like none of the last day or more: see the line itself, and what
stands around it (\`upkeep log search TARGET --since 30m\`). After a release it is most often of the release
(\`upkeep change list TARGET\`). Nothing needs to be done where nothing else is wrong; where the program logs as errors what is none,
mend that, or take the level away for this target: \`rules: { log.new-error: { enabled: false } }\`.`,
};

export function isLogRule(field: Field): boolean {
  return field.name.startsWith('log.');
}

export function withLogRules(
  targets: readonly TargetSettings[],
  fields: {
    readonly drafts: readonly TargetDraft[];
    readonly services: readonly ServiceDraft[];
    readonly general: Field | undefined;
  },
): TargetSettings[] {
  const { drafts, services, general } = fields;
  for (const rules of [general, ...[...services, ...drafts].map((one) => one.rules)]) checkIds(rules);
  return targets.map((target) => {
    if (!target.logs || target.logs.length === 0) return target;
    const said = [
      general,
      ...services.filter((service) => service.targets.includes(target.name)).map(({ rules }) => rules),
      drafts.find(({ name }) => name === target.name)?.rules,
    ];
    return { ...target, rules: [...target.rules, said.reduce(override, newError)] };
  });
}

function override(rule: TargetSettings['rules'][number], fields: Field | undefined) {
  const field = fields && section(fields)?.get(rule.id);
  const read = field && readRule(field, logMetrics, rule);
  return field && read ? withOrigin(read, rule, field) : rule;
}

function checkIds(fields: Field | undefined): void {
  for (const field of (fields && section(fields)?.all) ?? [])
    if (isLogRule(field) && field.name !== newError.id)
      reportKey(field, 'is no rule', hintFor(field.name, [newError.id]));
}
