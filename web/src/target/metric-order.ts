import type { MetricView } from '../../../src/core/view.ts';

/** Times that people wait for, as against ages and expiries in the same unit. */
export function isLatency({ metric, unit }: Pick<MetricView, 'metric' | 'unit'>): boolean {
  return unit === 'seconds' && /latency|duration|rtt|response|\.time$|\.total$|phase/.test(metric);
}

function weight(metric: MetricView): number {
  if (metric.metric.endsWith('.up')) return 3;
  if (isLatency(metric)) return 0;
  return metric.thresholds.length > 0 ? 1 : 2;
}

/** Latency first, then what rules judge, then the rest; within these as the system lists them. */
export function byWeight(a: MetricView, b: MetricView): number {
  return weight(a) - weight(b);
}
