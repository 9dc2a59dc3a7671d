/** A system's default rules: its rules.yaml, a map from rule id to fields. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Problem } from '../core/configuration.ts';
import type { Rule } from '../core/rule.ts';
import type { SystemEntry } from '../core/system.ts';
import { reportKey, rootField, section } from './field.ts';
import { sortProblems } from './problem.ts';
import { type Metrics, readRule } from './rule-fields.ts';
import { openSource } from './source.ts';

export interface RulesReading {
  readonly rules: readonly Rule[];
  readonly problems: readonly Problem[];
}

/** Every metric that rules of this system may judge; `<kind>.up` comes from the pipeline. */
export function metricsOf(system: Pick<SystemEntry, 'kind' | 'probes'>): Metrics {
  const up = { summary: 'Whether the target is up (1) or down (0)', unit: 'state', kind: 'gauge' } as const;
  return Object.assign({ [`${system.kind}.up`]: up }, ...system.probes.map((probe) => probe.metrics));
}

export function defaultRules(system: Pick<SystemEntry, 'kind' | 'probes' | 'rules'>): RulesReading {
  const file = fileURLToPath(system.rules);
  return parseRules({
    file,
    text: readFileSync(file, 'utf8'),
    kind: system.kind,
    metrics: metricsOf(system),
  });
}

function parseRules(input: {
  readonly file: string;
  readonly text: string;
  readonly kind: string;
  readonly metrics: Metrics;
}): RulesReading {
  const source = openSource({
    file: input.file,
    text: input.text,
    variable: (name) => `\${${name}}`,
    variableNames: () => [],
    secretFile: () => {
      throw new Error('a rules file has no secrets');
    },
  });
  const rules: Rule[] = [];
  const part = source.document && section(rootField(source));
  for (const field of part?.all ?? []) {
    if (!field.name.startsWith(`${input.kind}.`)) {
      reportKey(field, `must begin with ${input.kind}.`);
      continue;
    }
    // A YAML key holds dots, so the path of a rule's field is its id and the field.
    const rule = readRule(field, input.metrics, undefined);
    if (rule && !section(field)?.get('runbook')) reportKey(field, 'has no runbook', 'add runbook: | …');
    if (rule && !section(field)?.get('summary')) reportKey(field, 'has no summary');
    if (rule) rules.push(rule);
  }
  return { rules, problems: sortProblems(source.problems) };
}
