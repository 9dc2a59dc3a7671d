/** Is it increasing? */
import type { TimedValue } from '../forecast/robust-slope.ts';
import type { TrendRule } from '../rule.ts';
import { type Trend, trendOf } from '../trend/trend.ts';
import type { Judged } from './judged.ts';
import type { Memory } from './memory.ts';
import { memorySpan } from './memory-span.ts';
import { createRate } from './rate.ts';

function judgeTrend(found: Trend, rule: TrendRule): Judged {
  const isIt = found.kind === rule.direction;
  const value = found.kind === 'rising' || found.kind === 'falling' ? { value: found.to } : {};
  const level = isIt ? (rule.critical ? 'critical' : 'warning') : null;
  return { level, threshold: rule.least, reason: found.reason, ...value };
}

export function createTrendMemory(rule: TrendRule): Memory {
  const points: TimedValue[] = [];
  const rate = rule.isCounter ? createRate() : null;
  const { stepMs } = memorySpan(rule);
  let bucket = { slot: -1, sum: 0, count: 0 };
  /** Null before the first judgement: what the store kept is judged with the first value that comes. */
  let last: Judged | { readonly unknown: string } | null = null;

  /** The mean of each step; true when one is complete. */
  function keep(at: number, value: number): boolean {
    const slot = Math.floor(at / stepMs);
    if (slot < bucket.slot || !Number.isFinite(value)) return false;
    if (slot === bucket.slot) {
      bucket.sum += value;
      bucket.count++;
      return false;
    }
    const isComplete = bucket.count > 0;
    if (isComplete) points.push({ at: (bucket.slot + 0.5) * stepMs, value: bucket.sum / bucket.count });
    while (points[0] && points[0].at < at - rule.overMs) points.shift();
    bucket = { slot, sum: value, count: 1 };
    return isComplete;
  }

  return {
    learn: ({ at, value }) => void keep(at, value),
    take({ at, value }) {
      const measured = rate ? rate(at, value) : value;
      if (measured === null) return { unknown: 'a rate needs two values' };
      if (!keep(at, measured) && last !== null) return last;
      const { overMs: spanMs, least: leastLevel, change: leastChange } = rule;
      const found = trendOf(points, { spanMs, leastLevel, leastChange }, at);
      last = found.kind === 'unknown' ? { unknown: found.reason } : judgeTrend(found, rule);
      return last;
    },
  };
}
