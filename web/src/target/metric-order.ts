import type { MetricView } from '../../../src/core/view.ts';

type Named = Pick<MetricView, 'metric' | 'unit'>;

/** Times that people wait for, as against ages and expiries in the same unit. */
export function isLatency({ metric, unit }: Named): boolean {
  return unit === 'seconds' && /latency|duration|response_time|rtt/.test(metric);
}

/** The one time that sums up a target; its parts are drawn smaller. */
export function isHeadline(metric: Named): boolean {
  return isLatency(metric) && /(total|latency|response_time|rtt)$/.test(metric.metric);
}

function weight(metric: MetricView): number {
  if (metric.metric.endsWith('.up')) return 4;
  if (isHeadline(metric)) return 0;
  if (metric.thresholds.length > 0) return 1;
  return isLatency(metric) ? 2 : 3;
}

/** The headline first, then what rules judge, then latencies and the rest; within these as the system lists them. */
export function byWeight(a: MetricView, b: MetricView): number {
  return weight(a) - weight(b);
}
