/** What is measured of a log. */
import type { Metric } from '../sample.ts';

export const logErrorMetric = 'log.errors';

export const logMetrics: Readonly<Record<string, Metric>> = {
  [logErrorMetric]: { summary: 'Lines of an error a minute, by pattern', unit: 'count', kind: 'gauge' },
};
