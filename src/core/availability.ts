/** How an availability and its objective read, wherever they stand: what is compared has the same digits everywhere. */
import { formatDuration } from './time.ts';

/** A tenth of the budget of 99.99 %; more digits than the objective has tell nothing. */
const usualDigits = 3;
const mostDigits = 6;

/**
 * `99.95 %`, `97.041 %`, `100 %`: cut, not rounded, to three decimals or those of the objective, so that what missed it, or a
 * full hundred, never reads as if it had not.
 *
 * @param share 0 to 1
 */
export function sayAvailability(share: number, objective?: number | null): string {
  if (share >= 1) return '100 %';
  const digits = Math.max(usualDigits, decimalsOf(objective ?? 1));
  const scale = 10 ** digits;
  // 0.57 * 100 is a little less than 57.
  const cut = Math.floor(Number((Math.max(0, share) * 100 * scale).toFixed(3))) / scale;
  return `${Math.min(cut, (100 * scale - 1) / scale)} %`;
}

/** `99.95 %`, as it was set. */
export function sayObjective(share: number): string {
  return `${Number((share * 100).toFixed(mostDigits))} %`;
}

function decimalsOf(objective: number): number {
  return /\.(\d+)/.exec(sayObjective(objective))?.[1]?.length ?? 0;
}

/** An interval that was changed, or a check that was left out, must not make a full period look young. */
const full = 0.98;

/** What an availability is of: `in 30 d`, or `in the 15 m known` while the period is not full. */
export function sayKnown(measuredMs: number, periodMs: number): string {
  return measuredMs >= periodMs * full
    ? `in ${formatDuration(periodMs)}`
    : `in the ${formatDuration(measuredMs)} known`;
}
