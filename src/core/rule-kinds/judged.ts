/** What a value, or all that is remembered of a series, means for a rule. */
import type { RuleLevel } from '../rule.ts';

export interface Judged {
  readonly level: RuleLevel | null;
  /** What it was judged against, for the alert; null where there is no such number. */
  readonly threshold: number | null;
  readonly reason: string;
  /** The number that was judged where it is not the sample's own: a lead time, a score, a burn rate. */
  readonly value?: number;
}

/** What holds now: a level that holds is not left at its very edge. */
export interface Held {
  readonly phase: 'ok' | 'pending' | 'firing';
  readonly level: RuleLevel | null;
}
