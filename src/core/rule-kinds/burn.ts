import type { BurnJudgement } from '../burn-rate/judge.ts';
import type { Judged } from './judged.ts';

/** A page is critical, a ticket a warning; the burn rate of the window that holds is the value of the alert. */
export function judgedBy({ state, reason, rules }: BurnJudgement): Judged | null {
  if (state === 'unknown') return null;
  const holding = rules.find((one) => one.holds && one.rule.severity === state) ?? rules[0];
  const value = holding?.long.burn;
  return {
    level: state === 'page' ? 'critical' : state === 'ticket' ? 'warning' : null,
    threshold: holding?.rule.factor ?? null,
    reason,
    ...(value === null || value === undefined ? {} : { value }),
  };
}
