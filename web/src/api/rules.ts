/** Rules in force, and what they would have done. Times are epoch milliseconds. */

import { queryOptions } from '@tanstack/react-query';
import type { ruleList } from '../../../src/verbs/rule/list.ts';
import type { ruleReplay } from '../../../src/verbs/rule/replay.ts';
import type { ruleShow } from '../../../src/verbs/rule/show.ts';
import type { ruleTuning } from '../../../src/verbs/rule/tuning.ts';
import type { FiringView } from '../../../src/verbs/rule/view.ts';
import type { AnswerOf } from './answer.ts';
import { queryText, request } from './request.ts';

export type { FiringView };

export type RuleRow = AnswerOf<typeof ruleList>[number];

export type RuleView = AnswerOf<typeof ruleShow>;

export type Replayed = Replay['targets'][number]['present'];

export type Replay = AnswerOf<typeof ruleReplay>;

export const rulesQuery = queryOptions({
  queryKey: ['rules'],
  queryFn: ({ signal }) => request<RuleRow[]>('GET', '/rules', { signal }),
});

export const ruleQuery = (id: string) =>
  queryOptions({
    queryKey: ['rules', id],
    queryFn: ({ signal }) => request<RuleView>('GET', `/rules/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: 30_000,
  });

export const requestReplay = (id: string, options: { since: string; target?: string; set?: string }) =>
  request<Replay>('GET', `/rules/${encodeURIComponent(id)}/replay${queryText({ ...options })}`);

export type Tuning = AnswerOf<typeof ruleTuning>;

export const requestTuning = () => request<Tuning>('GET', '/rule-tuning');
