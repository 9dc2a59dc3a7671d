/** Changes of the ledger as numbered marks on the charts of a target. */
import type { Change } from '../../../src/core/change.ts';

export interface ChangeMark {
  /** Epoch seconds. */
  readonly at: number;
  /** From 1, oldest first: the same on every chart and in the list. */
  readonly number: number;
  readonly change: Change;
}

/** Of the changes in the span, the newest so many: more would be a fence. */
const mostMarks = 20;

export function changeMarks(
  changes: readonly Change[],
  span: { readonly from: number; readonly to: number },
): ChangeMark[] {
  return changes
    .filter(({ at }) => at >= span.from && at <= span.to)
    .sort((a, b) => a.at - b.at)
    .slice(-mostMarks)
    .map((change, index) => ({ at: change.at / 1_000, number: index + 1, change }));
}

/** The mark that is nearest to a moment, within so many seconds. */
export function markNear(
  marks: readonly ChangeMark[],
  seconds: number,
  within: number,
): ChangeMark | undefined {
  return marks
    .filter(({ at }) => Math.abs(at - seconds) <= within)
    .sort((a, b) => Math.abs(a.at - seconds) - Math.abs(b.at - seconds))[0];
}
