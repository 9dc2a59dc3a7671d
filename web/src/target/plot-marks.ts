/** What is drawn onto a chart beside its lines. */
import type { Alert } from '../../../src/core/alert.ts';
import type { MetricView, Overview } from '../../../src/core/view.ts';
import { formatDrawn, formatValue } from '../format/numbers.ts';
import { formatSpan } from '../format/time.ts';
import type { ChangeMark } from './change-marks.ts';

export interface ThresholdMark {
  readonly level: 'warning' | 'critical';
  readonly value: number;
  readonly isBelow: boolean;
  readonly text: string;
}

export interface Marks {
  readonly thresholds: readonly ThresholdMark[];
  /** Epoch seconds at which alerts of this metric's rules fired. */
  readonly fired: readonly number[];
  /** Epoch seconds between which nothing was watched. */
  readonly gaps: readonly (readonly [number, number])[];
  readonly changes: readonly ChangeMark[];
}

/** Where a threshold stands to what a chart shows. */
export function placeOf(
  value: number,
  [lowest, highest]: readonly [number, number],
): 'shown' | 'above' | 'below' {
  if (value > highest) return 'above';
  return value < lowest ? 'below' : 'shown';
}

export function marksOf(
  metric: MetricView,
  alerts: readonly Alert[],
  gaps: Overview['gaps'],
  changes: readonly ChangeMark[],
): Marks {
  const rules = new Set(metric.thresholds.map(({ rule }) => rule));
  return {
    thresholds: metric.thresholds.flatMap((threshold) =>
      (['warning', 'critical'] as const).flatMap((level): ThresholdMark[] => {
        const limit = threshold[level];
        if (limit === null) return [];
        const isBelow = threshold.direction === 'below';
        const sign = isBelow ? '<' : '>';
        if (threshold.increaseMs === null) {
          return [
            {
              level,
              value: limit,
              isBelow,
              text: `${level} ${sign} ${formatDrawn(limit, metric.unit, 'gauge')}`,
            },
          ];
        }
        // The chart draws a rate a second; the rule allows so much within its span.
        const text = `${level} ${sign} ${formatValue(limit, metric.unit)} in ${formatSpan(threshold.increaseMs)}`;
        return [{ level, value: limit / (threshold.increaseMs / 1_000), isBelow, text }];
      }),
    ),
    fired: alerts.flatMap(({ rule, firedAt }) =>
      rules.has(rule) && firedAt !== null ? [firedAt / 1_000] : [],
    ),
    gaps: gaps.map(({ from, to }) => [from / 1_000, to / 1_000] as const),
    changes,
  };
}
