/** What is left of an error budget, how fast it goes, and what follows from that. Pure. */
import { type ErrorBudget, errorBudget } from '../slo.ts';
import type { CountBetween, Objective, Tally } from './objective.ts';

const hourMs = 3_600_000;

export interface BudgetOutlook extends ErrorBudget {
  /** Share of the whole period's budget that is spent: 0 = none, 1 = all, more = overspent. */
  readonly spent: number;
  /** Times the allowed rate over the last hour; null without events in it. */
  readonly burnNow: number | null;
  /** When the budget is used up if it goes on like the last hour, epoch ms; null when it does not; `now` when it is. */
  readonly exhaustedAt: number | null;
}

/**
 * The budget of the rolling period that ends now; null while nothing was measured. As in `core/slo.ts` it is the
 * whole period's: with a tenth of it measured, an error rate exactly as allowed has spent a tenth.
 */
export function budgetOutlook(
  { target, periodMs }: Objective,
  count: CountBetween,
  since: number,
  now: number,
): BudgetOutlook | null {
  const bad = badShare(count(now - periodMs, now));
  const measuredMs = Math.min(periodMs, Math.max(0, now - since));
  if (bad === null || measuredMs === 0) return null;
  const allowed = 1 - target;
  const spent = (bad * measuredMs) / (allowed * periodMs);
  const lastHour = badShare(count(now - hourMs, now));
  const burnNow = lastHour === null ? null : lastHour / allowed;
  return {
    ...errorBudget([{ measuredMs, badMs: bad * measuredMs }], target, periodMs),
    spent,
    burnNow,
    exhaustedAt: exhaustion(spent, burnNow, periodMs, now),
  };
}

function badShare({ good, bad }: Tally): number | null {
  return good + bad === 0 ? null : bad / (good + bad);
}

/**
 * At a burn of 1 a whole period spends the whole budget. What leaves the period at its far end is not reckoned with,
 * so the time is the earliest.
 */
function exhaustion(spent: number, burn: number | null, periodMs: number, now: number): number | null {
  if (spent >= 1) return now;
  if (burn === null || burn <= 1) return null;
  return Math.round(now + ((1 - spent) * periodMs) / burn);
}

/** What a team does at which share spent; `stage` is the team's own word: `freeze`, `review`. */
export interface BudgetPolicyStep {
  /** Share of the budget spent from which the step holds: 1 = all. */
  readonly spentAtLeast: number;
  readonly stage: string;
}

/** Source: The Site Reliability Workbook, appendix B: releases stop when the budget is spent. */
export const defaultBudgetPolicy: readonly BudgetPolicyStep[] = [
  { spentAtLeast: 0.75, stage: 'review' },
  { spentAtLeast: 1, stage: 'freeze' },
];

/** The furthest step that is reached, or null; an unmeasured budget reaches none. */
export function policyStep(
  budget: BudgetOutlook | null,
  policy: readonly BudgetPolicyStep[] = defaultBudgetPolicy,
): BudgetPolicyStep | null {
  if (budget === null) return null;
  const reached = policy.filter((step) => budget.spent >= step.spentAtLeast);
  return reached.reduce<BudgetPolicyStep | null>(
    (a, b) => (a !== null && a.spentAtLeast >= b.spentAtLeast ? a : b),
    null,
  );
}
