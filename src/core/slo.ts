/** Availability, and what is left of the error budget of a whole SLO period. */
import { formatDuration } from './time.ts';

/** Error budgets are counted over 30 days, as in the SRE workbook, ch. 2. */
export const sloPeriodMs = 30 * 86_400_000;

export interface Tally {
  readonly good: number;
  readonly bad: number;
}

/** Null without measurements. */
export function availability({ good, bad }: Tally): number | null {
  const total = good + bad;
  return total === 0 ? null : good / total;
}

/** What was measured of one thing: checks times their interval. */
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
 * Things that are measured side by side share one span: their bad shares are weighed by their time.
 */
export function errorBudget(
  all: readonly MeasuredTime[],
  objective: number,
  periodMs: number = sloPeriodMs,
): ErrorBudget {
  const measuredMs = Math.min(periodMs, Math.max(0, ...all.map((one) => one.measuredMs)));
  const sum = all.reduce((total, one) => total + one.measuredMs, 0);
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
