/** Which incidents reach nobody by the configuration: they stand on the dashboard alone. */
import type { Configuration } from '../configuration.ts';
import { severityWord } from '../severity.ts';
import { policyFor } from './policy.ts';

const mattering = ['critical', 'high', 'medium'] as const;

/** In the team's words, gravest first. A policy of a single service does not help the others. */
export function untoldLevels(
  configuration: Pick<Configuration, 'escalation' | 'oncall' | 'severities'>,
): string[] {
  return mattering
    .filter((level) => policyFor(configuration, { level, services: [] }).steps.length === 0)
    .map((level) => severityWord(configuration.severities, level));
}

/** One line with the remedy; null where every level reaches somebody. */
export function untoldWarning(
  configuration: Pick<Configuration, 'escalation' | 'oncall' | 'severities'>,
): string | null {
  const levels = untoldLevels(configuration);
  if (levels.length === 0) return null;
  return `nobody is told of incidents of ${levels.join(', ')}, nor asked for their approvals: name who in oncall.escalation`;
}
