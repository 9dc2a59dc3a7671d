/** Errors of a log as samples, one series for each pattern: what rules and charts see of a log. */
import type { LogBook } from '../../core/log/book.ts';
import { logErrorMetric } from '../../core/log/metric.ts';
import type { Reading } from '../../core/sample.ts';

/** A log whose every line is another pattern is no use as series. */
const mostSeries = 50;

/** What was written in this minute since the epoch; a pattern that stays away goes on as 0 for an hour. */
export function errorReadings({ patterns }: LogBook, minute: number): Reading[] {
  return [...patterns.values()]
    .filter(({ level, lastAt }) => level === 'error' && lastAt >= (minute - 60) * 60_000)
    .sort((a, b) => b.lastAt - a.lastAt)
    .slice(0, mostSeries)
    .map(({ key, perMinute, example }) => ({
      metric: logErrorMetric,
      value: perMinute.get(minute) ?? 0,
      labels: { pattern: key },
      about: { detail: example },
    }));
}
