/** Which error budget of a service is told where there is room for one. Pure. */
import type { ObjectiveKind } from '../rule.ts';
import type { BurnSeverity } from './objective.ts';

export interface BudgetView {
  readonly of: ObjectiveKind;
  /** Share of the budget of the whole period that is left, 0 when spent; null where it is unknown. */
  readonly left: number | null;
  /** `83 % left`, `spent` or `unknown`. */
  readonly share: string;
  /** `of 30 d`, or `measured over 2 h of 30 d`. */
  readonly span: string;
  /** It burns so fast now that its rule asks for this; null where not, or unknown. */
  readonly burns: BurnSeverity | null;
}

/** What calls somebody first, then what is left, the least first; what is unknown last. */
export function byNeed(budgets: readonly BudgetView[]): BudgetView[] {
  const urgency = { page: 0, ticket: 1, none: 2 };
  return budgets.toSorted(
    (a, b) =>
      urgency[a.burns ?? 'none'] - urgency[b.burns ?? 'none'] ||
      (a.left ?? Number.MAX_VALUE) - (b.left ?? Number.MAX_VALUE),
  );
}

/** `latency budget 97 % left, burns too fast` */
export function budgetWords({ of, share, burns }: Pick<BudgetView, 'of' | 'share' | 'burns'>): string {
  return `${of} budget ${share}${burns === null ? '' : ', burns too fast'}`;
}

/** `of 30 d`; `latency, of 30 d, burns too fast` of a service with several. */
export function budgetNote(
  { of, span, burns }: Pick<BudgetView, 'of' | 'span' | 'burns'>,
  amount: number,
): string {
  return [...(amount > 1 ? [of] : []), span, ...(burns === null ? [] : ['burns too fast'])].join(', ');
}
