/** The part of upkeep.yaml that the draft stands for, word for word as it may be pasted. */

import { levels } from '../format/levels.ts';
import { type Draft, policyValue, stepValues } from './escalation-draft.ts';

export function escalationYaml(draft: Draft): string {
  const assigned = levels.flatMap((level) => {
    const name = draft.policyOf[level];
    const own = draft.ownSteps[level];
    if (name !== null) return [`    ${level}: ${scalar(name)}`];
    return own === undefined ? [] : [`    ${level}: ${flow(stepValues(own))}`];
  });
  return [
    'oncall:',
    ...(draft.policies.length === 0 ? [] : ['  policies:']),
    ...draft.policies.flatMap((policy) => {
      const { steps, ...rest } = policyValue(policy);
      return [
        `    ${scalar(policy.name)}:`,
        '      steps:',
        ...(Array.isArray(steps) ? steps.map((step) => `        - ${flow(step)}`) : []),
        ...Object.entries(rest).map(([key, value]) => `      ${key}: ${flow(value)}`),
      ];
    }),
    ...(assigned.length === 0 ? [] : ['  escalation:', ...assigned]),
    '',
  ].join('\n');
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).map(([key, each]) => `${scalar(key)}: ${flow(each)}`);
    return `{ ${parts.join(', ')} }`;
  }
  return typeof value === 'number' ? String(value) : scalar(String(value));
}

/** YAML reads more words as something else than anybody remembers; what is not plainly a name is quoted. */
function scalar(text: string): string {
  const isName = /^[A-Za-z_][\w.-]*$/.test(text) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(text);
  const isDuration = /^\d+(ms|s|m|h|d|w)$/.test(text);
  return isName || isDuration ? text : JSON.stringify(text);
}
