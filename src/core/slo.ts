/** Availability by counts of good and bad checks, and what is left of the error budget. */

export interface Tally {
  readonly good: number;
  readonly bad: number;
}

export function availability(tally: Tally): number | null {
  const total = tally.good + tally.bad;
  return total === 0 ? null : tally.good / total;
}

/** 1 = untouched, 0 = used up, negative = overspent; null without measurements. Source: SRE workbook, ch. 5. */
export function budgetLeft(tally: Tally, objective: number): number | null {
  const measured = availability(tally);
  if (measured === null) return null;
  const allowed = 1 - objective;
  if (allowed <= 0) return measured >= 1 ? 1 : -1;
  return 1 - (1 - measured) / allowed;
}
