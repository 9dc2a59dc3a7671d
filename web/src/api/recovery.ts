import { queryOptions } from '@tanstack/react-query';
import type { WrittenRecoveryPlan } from '../../../src/verbs/report/recovery-plan.ts';
import { queryText, request } from './request.ts';

export type Procedure = WrittenRecoveryPlan['plan']['procedures'][number];
export type Way = Procedure['ways'][number];

export const requestRecoveryPlan = (format: WrittenRecoveryPlan['format'], signal?: AbortSignal) =>
  request<WrittenRecoveryPlan>(
    'GET',
    `/reports/recovery-plan${queryText({ format })}`,
    signal === undefined ? {} : { signal },
  );

export const recoveryPlanQuery = queryOptions({
  queryKey: ['recovery-plan'],
  queryFn: ({ signal }) => requestRecoveryPlan('markdown', signal),
});
