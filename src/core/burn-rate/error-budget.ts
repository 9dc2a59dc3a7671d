/** What is left of an error budget, how fast it goes, and what follows from that. Pure. */
import { formatDuration } from '../time.ts';
import type { CountBetween, Objective, Tally } from './objective.ts';

/** Error budgets are counted over 30 days, as in the SRE workbook, ch. 2. */
export const sloPeriodMs = 30 * 86_400_000;

/** What was measured of one thing: the time that its checks stand for. */
export interface MeasuredTime {
  readonly measuredMs: number;
  readonly badMs: number;
}

export interface ErrorBudget {
  /** Share of the allowed bad time that is not spent, at least 0; null without measurements. */
  readonly left: number | null;
  /** How much of the period was measured. */
  readonly measuredMs: number;
  /** `83 % left`, `spent` or `unknown`. */
  readonly share: string;
  /** `of 30 d`, or `measured over 2 h of 30 d` while the period is not full. */
  readonly span: string;
}

/**
 * The budget is of the whole period: (1 - objective) x period of bad time is allowed, and the bad time measured so far
 * is spent of it. A young installation has therefore lost little after its first bad minute, as the period is long.
 * Things that are measured side by side share one span: each bears its part of it, whether it was watched for long or not.
 */
export function errorBudget(
  all: readonly MeasuredTime[],
  objective: number,
  periodMs: number = sloPeriodMs,
): ErrorBudget {
  const sum = all.reduce((total, one) => total + one.measuredMs, 0);
  const measuredMs = Math.min(periodMs, sum / Math.max(1, all.length));
  const period = formatDuration(periodMs);
  // An interval that was changed, or a check that was left out, must not make a full period look young.
  const isFull = measuredMs >= periodMs * 0.98;
  const span = isFull ? `of ${period}` : `measured over ${formatDuration(measuredMs)} of ${period}`;
  if (sum <= 0) return { left: null, measuredMs: 0, share: 'unknown', span: `nothing measured of ${period}` };
  const badMs = (all.reduce((total, one) => total + one.badMs, 0) / sum) * measuredMs;
  const left = leftOf(badMs, (1 - objective) * periodMs);
  return { left, measuredMs, share: inWords(left), span };
}

function leftOf(badMs: number, allowedMs: number): number {
  // Sums of floating point leave crumbs far below a millisecond.
  if (badMs < 0.5) return 1;
  return allowedMs <= 0 ? 0 : Math.max(0, 1 - badMs / allowedMs);
}

/** Rounded down: what is touched is never whole, and what is left never reads as none. */
function inWords(left: number): string {
  if (left <= 0) return 'spent';
  const percent = Math.floor(left * 100);
  return percent === 0 ? 'under 1 % left' : `${percent} % left`;
}

export interface BudgetOutlook extends ErrorBudget {
  /** Share of the whole period's budget that is spent: 0 = none, 1 = all, more = overspent. */
  readonly spent: number;
  /** Times the allowed rate over the short window, as it is judged (5 min of a period of 30 days); null without events in it. */
  readonly burnNow: number | null;
  /** When the budget is used up if it goes on as it burns now, epoch ms; null when it does not; `now` when it is. */
  readonly exhaustedAt: number | null;
}

export interface BudgetInput {
  readonly objective: Objective;
  readonly count: CountBetween;
  /** When measuring began, epoch milliseconds. */
  readonly since: number;
  /** `BurnWindow.burn` of the short window of the first rule. */
  readonly burnNow: number | null;
  /** Of events: the time since they began that counts for nothing (maintenance), milliseconds; none where left out. */
  readonly excludedMs?: number;
}

/**
 * The budget of the rolling period that ends now; null while nothing was measured. It is the whole period's: with a tenth of it measured, an error rate exactly as allowed has spent a tenth.
 * @param sides where time is counted, in milliseconds: of how many things side by side. What was counted is then what was
 *   measured, so that gaps are gaps; of events it is the time since the first.
 */
export function budgetOutlook(
  { objective: { target, periodMs }, count, since, burnNow, excludedMs = 0 }: BudgetInput,
  now: number,
  sides?: number,
): BudgetOutlook | null {
  const tally = count(now - periodMs, now);
  const bad = badShare(tally);
  const sinceMs = Math.max(0, Math.min(periodMs, now - since) - excludedMs);
  const measuredMs = sides === undefined ? sinceMs : Math.min(periodMs, (tally.good + tally.bad) / sides);
  if (bad === null || measuredMs === 0) return null;
  const allowed = 1 - target;
  const spent = (bad * measuredMs) / (allowed * periodMs);
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

/** What a team does when less than this share is left: `notify` is an alert, `freeze` a fact that the guard reads. */
export interface BudgetPolicyStep {
  /** Share of the budget left below which the step holds: 0.25; 0 = all is spent. */
  readonly below: number;
  readonly do: 'notify' | 'freeze';
}

/** Source: The Site Reliability Workbook, appendix B: releases stop when the budget is spent. */
export const defaultBudgetPolicy: readonly BudgetPolicyStep[] = [
  { below: 0.25, do: 'notify' },
  { below: 0, do: 'freeze' },
];

/** Whether a step of this kind is reached; an unmeasured budget reaches none. */
export function isReached(
  spent: number | null,
  what: BudgetPolicyStep['do'],
  policy: readonly BudgetPolicyStep[] = defaultBudgetPolicy,
): boolean {
  return spent !== null && policy.some((step) => step.do === what && spent >= 1 - step.below);
}
