/** What the guard says. Times are epoch milliseconds. */
import { queryOptions } from '@tanstack/react-query';
import type { guardExplain } from '../../../src/verbs/guard/explain.ts';
import type { GuardPolicyView } from '../../../src/verbs/guard/policy.ts';
import type { AnswerOf } from './answer.ts';
import { queryText, request } from './request.ts';

export type { GuardPolicyView as GuardPolicy };
export type Explained = AnswerOf<typeof guardExplain>;

export const policyQuery = (target: string | undefined) =>
  queryOptions({
    queryKey: ['policy', target],
    queryFn: ({ signal }) =>
      request<GuardPolicyView>('GET', `/guard/policy${queryText({ target })}`, { signal }),
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
