/** How long something took before it took too long: a threshold says little of what people are used to. Pure. */
import { medianOf } from './forecast/robust-slope.ts';
import type { Rule } from './rule.ts';
import { amountInWords } from './rule-words.ts';
import type { Unit } from './sample.ts';

/** What was usual is looked for in this time before an alert began (J). */
export const usualWithinMs = 60 * 60_000;
/** Fewer samples tell nothing of what is usual (J). */
const leastSamples = 20;

/** Whether a rule judges that something takes too long. */
export function isOfPace(rule: Rule, unit: Unit | undefined): boolean {
  return (
    rule.kind === 'threshold' &&
    rule.direction === 'above' &&
    rule.of === undefined &&
    rule.increaseMs === undefined &&
    unit === 'seconds'
  );
}

/**
 * `2 ms`: the middle of what was measured before; null of too few samples.
 *
 * @param before values in seconds, from before the alert began
 */
export function usualInWords(before: readonly number[]): string | null {
  const measured = before.filter(Number.isFinite).toSorted((a, b) => a - b);
  return measured.length < leastSamples ? null : amountInWords(medianOf(measured), 'seconds');
}
