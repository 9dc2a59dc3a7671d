/** The objectives that a service declares. */
import type { ServiceSettings } from '../configuration.ts';
import type { ObjectiveKind } from '../rule.ts';
import { sloPeriodMs } from './error-budget.ts';
import type { Objective } from './objective.ts';

export interface ServiceObjective extends Objective {
  readonly kind: ObjectiveKind;
}

/** A latency of p95 below 500 ms is the objective that 95 % of requests take less. */
export function objectivesOf({ slo }: Pick<ServiceSettings, 'slo'>): ServiceObjective[] {
  const periodMs = slo?.periodMs ?? sloPeriodMs;
  return [
    ...(slo?.availability === undefined
      ? []
      : [{ kind: 'availability' as const, target: slo.availability, periodMs }]),
    ...(slo?.latency === undefined
      ? []
      : [{ kind: 'latency' as const, target: slo.latency.quantile, periodMs }]),
  ];
}
