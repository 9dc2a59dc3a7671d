/** What is reported of objectives, beside the readings of probes: as series of the target that bears the service. */
import { type Metric, metricNamed } from '../sample.ts';

export const sloMetrics = {
  'slo.burn': {
    summary:
      'Times the error budget is spent faster than allowed, over the first window as it is judged (an hour of a period of 30 days)',
    unit: 'count',
    kind: 'gauge',
  },
  'slo.budget_left': {
    summary: 'Share of the error budget that is left; below 0 when it is overspent',
    unit: 'ratio',
    kind: 'gauge',
  },
} as const satisfies Record<string, Metric>;

/** A metric of a target, or one that Upkeep counts of its services. */
export function metricOf(metrics: Readonly<Record<string, Metric>>, name: string): Metric | undefined {
  return metricNamed(metrics, name) ?? metricNamed(sloMetrics, name);
}

/** `12 % of the error budget is left`; below 0 it is overspent. */
export function budgetLeftWords(left: number): string {
  const share = (part: number) => `${Number((part * 100).toPrecision(3))} %`;
  if (left > 0) return `${share(left)} of the error budget is left`;
  return left === 0
    ? 'all of the error budget is spent'
    : `all of the error budget is spent, and ${share(-left)} of it more`;
}
