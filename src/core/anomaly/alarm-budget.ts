/** Keeps a series from crying wolf: its threshold rises until it keeps to its budget of alarms, and every alarm rests. */
import { anomalySettings } from './settings.ts';

const dayMs = 86_400_000;
const days = 28;

export interface AlarmBudget {
  /** The highest score of each of the last 28 days, the day `n` since the epoch at `n mod 28`. */
  readonly peaks: Float32Array;
  day: number;
  /** What all but the budgeted days stayed below. */
  threshold: number;
  /** Until `restUntil` only a score well above this one alarms. */
  held: number;
  restUntil: number;
}

export function createAlarmBudget(): AlarmBudget {
  return {
    peaks: new Float32Array(days),
    day: -1,
    threshold: anomalySettings.threshold,
    held: 0,
    restUntil: 0,
  };
}

/** Whether a score begins an alarm. `restMs`: how long an alarm rests. */
export function admit(budget: AlarmBudget, at: number, score: number, restMs: number): boolean {
  const day = Math.floor(at / dayMs);
  if (day > budget.day) turnDay(budget, day);
  const today = day % days;
  budget.peaks[today] = Math.max(budget.peaks[today] ?? 0, score);
  if (at >= budget.restUntil) budget.held = 0;
  if (score < budget.threshold || score <= budget.held * anomalySettings.restFactor) return false;
  budget.held = score;
  budget.restUntil = at + restMs;
  return true;
}

function turnDay(budget: AlarmBudget, day: number): void {
  for (let one = Math.max(budget.day + 1, day - days + 1); one <= day; one++) budget.peaks[one % days] = 0;
  budget.day = day;
  const beyondBudget = budget.peaks.toSorted().at(-1 - anomalySettings.alarmDaysOf28) ?? 0;
  budget.threshold = Math.max(anomalySettings.threshold, beyondBudget);
}
