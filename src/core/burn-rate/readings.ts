/** What is reported of objectives, beside the readings of probes: as series of the target that bears the service. */
import type { Metric } from '../sample.ts';

export const sloMetrics = {
  'slo.burn': {
    summary: 'Times the error budget is spent faster than allowed, over the last hour',
    unit: 'count',
    kind: 'gauge',
  },
  'slo.budget_left': {
    summary: 'Share of the error budget that is left; below 0 when it is overspent',
    unit: 'ratio',
    kind: 'gauge',
  },
} as const satisfies Record<string, Metric>;
