/** What the guard says. Times are epoch milliseconds. */
import { queryOptions } from '@tanstack/react-query';
import type { CheckItem } from '../../../src/core/guard/check-list.ts';
import type { FactLine } from '../../../src/core/guard/facts.ts';
import type { Judgement, Voice } from '../../../src/core/guard/judge.ts';
import type { Outlook, PolicyView } from '../../../src/core/guard/outlook.ts';
import type { Plan } from '../../../src/core/plan.ts';
import { queryText, request } from './request.ts';

export interface GuardPolicy extends PolicyView {
  readonly at: number;
  readonly timezone: string;
  readonly targets: readonly { readonly name: string; readonly system: string; readonly actions: number }[];
  readonly outlook: readonly Outlook[];
}

export type Explained =
  | { readonly refused: string }
  | {
      readonly plan: Plan;
      readonly judgement: Judgement;
      readonly voices: readonly Voice[];
      readonly known: readonly FactLine[];
      readonly checks: readonly CheckItem[];
    };

export const policyQuery = (target: string | undefined) =>
  queryOptions({
    queryKey: ['policy', target],
    queryFn: ({ signal }) => request<GuardPolicy>('GET', `/guard/policy${queryText({ target })}`, { signal }),
    placeholderData: (before) => before,
  });

/** Plans the action, without storing or doing anything. */
export const explainQuery = (asked: {
  readonly action: string;
  readonly target: string;
  /** JSON */
  readonly input: string;
}) =>
  queryOptions({
    queryKey: ['policy', 'explain', asked],
    queryFn: ({ signal }) => request<Explained>('GET', `/guard/explain${queryText(asked)}`, { signal }),
    // Facts of the moment: asked anew each time somebody wants to know.
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
