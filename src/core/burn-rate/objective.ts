/** Service level objectives and the burn-rate rules that guard them. Pure. */

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

export interface Objective {
  /** The share of events, or of time slices, that must be good: 0.999. Below 1. */
  readonly target: number;
  /** The rolling period that the objective and its error budget are of: 30 days as a rule. */
  readonly periodMs: number;
}

/** Counted events, or counted slices of time. */
export interface Tally {
  readonly good: number;
  readonly bad: number;
}

/**
 * Good and bad events at or after `from` and before `to` (epoch milliseconds). Stored samples, a stream
 * (`createEventCounts`) and a table of minutes all fit. What was not measured is in neither.
 */
export type CountBetween = (from: number, to: number) => Tally;

/** `page` wakes somebody, `ticket` waits for the day. */
export type BurnSeverity = 'page' | 'ticket';

/** Holds while both windows burn at least `factor` times what the budget allows. */
export interface BurnRule {
  readonly severity: BurnSeverity;
  readonly longMs: number;
  /** A twelfth of the long window as a rule: it ends the alert soon after the trouble. */
  readonly shortMs: number;
  /** 1 spends exactly the whole budget in the period. */
  readonly factor: number;
}

/** For a period of 30 days. Source: The Site Reliability Workbook, ch. 5, table 5-8; 1 day x 3 from its example. */
const workbook: readonly BurnRule[] = [
  { severity: 'page', longMs: hourMs, shortMs: 5 * minuteMs, factor: 14.4 },
  { severity: 'page', longMs: 6 * hourMs, shortMs: 30 * minuteMs, factor: 6 },
  { severity: 'ticket', longMs: dayMs, shortMs: 2 * hourMs, factor: 3 },
  { severity: 'ticket', longMs: 3 * dayMs, shortMs: 6 * hourMs, factor: 1 },
];

/**
 * The workbook's four rules for a period: windows grow and shrink with it, factors stay, so that each rule fires after
 * the same share of the budget (2, 5, 10 and 10 %) whatever the period. Scaling factors instead would let the slowest
 * rule of a week fire on a burn below 1, and none of a year's ever. Windows are whole minutes, the long one at least five.
 */
export function burnRulesFor(periodMs: number): readonly BurnRule[] {
  const scale = periodMs / (30 * dayMs);
  const minutes = (ms: number, least: number) =>
    Math.max(least, Math.round((ms * scale) / minuteMs)) * minuteMs;
  return workbook.map((rule) => ({
    ...rule,
    longMs: minutes(rule.longMs, 5),
    shortMs: minutes(rule.shortMs, 1),
  }));
}

/**
 * Of all events at most this share may be bad before the rule holds. A loose objective would put it above 1 (90 %
 * with factor 14.4), so that not even an outage held it: it is at most 0.9.
 */
export function errorLimit(objective: Objective, rule: BurnRule): number {
  return Math.min(0.9, rule.factor * (1 - objective.target));
}
