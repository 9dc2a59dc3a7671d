import type { Alert } from '../core/alert.ts';
import { metricOf } from '../core/burn-rate/readings.ts';
import { judgedInWords } from '../core/rule-words.ts';
import type { Watched } from './bound.ts';

/**
 * `113 % against 90 %`; null where its rule is not in force any more, or judges a trend, whose two numbers have no one
 * unit.
 */
export function saidOf(
  targets: ReadonlyMap<string, Watched>,
  alert: Pick<Alert, 'target' | 'rule' | 'value' | 'threshold'>,
): string | null {
  const watched = targets.get(alert.target);
  const rule = watched?.settings.rules.find(({ id }) => id === alert.rule);
  if (!watched || !rule || rule.kind === 'trend') return null;
  return judgedInWords(rule, metricOf(watched.metrics, rule.metric)?.unit, alert);
}
