import type { Unit } from '../../../src/core/sample.ts';
import type { Drawing } from './drawing.ts';
import type { ThresholdMark } from './plot-marks.ts';

/** A threshold farther away than this would flatten the line that people look at. */
const reach = 2.6;
const headroom = 1.1;

/** From zero to a little above the data, and to those thresholds that are near it. */
export function valueRange(
  drawn: Drawing,
  thresholds: readonly ThresholdMark[],
  unit: Unit,
): readonly [number, number] {
  let highest = 0;
  let lowest = 0;
  for (const { values } of drawn.lines) {
    for (const value of values) {
      if (value == null) continue;
      if (value > highest) highest = value;
      if (value < lowest) lowest = value;
    }
  }
  if (unit === 'state') return [Math.min(0, lowest) - 0.1, Math.max(1, highest * headroom) + 0.15];
  const dataHighest = highest;
  for (const { value } of thresholds) {
    if (dataHighest === 0 || value <= dataHighest * reach) highest = Math.max(highest, value);
  }
  if (unit === 'ratio' && thresholds.some(({ isBelow }) => isBelow) && dataHighest <= 1) {
    return [nearOne(drawn, thresholds), 1];
  }
  if (unit === 'ratio' && dataHighest <= 1) highest = Math.min(highest * headroom, 1.04);
  else highest *= headroom;
  return [lowest < 0 ? lowest * headroom : 0, highest > 0 ? highest : 1];
}

/** A share that should be near one is watched for its last percents. */
function nearOne(drawn: Drawing, thresholds: readonly ThresholdMark[]): number {
  let lowest = 1;
  for (const { values } of drawn.lines) for (const value of values) lowest = Math.min(lowest, value ?? 1);
  for (const { value } of thresholds) lowest = Math.min(lowest, value);
  return Math.max(0, 1 - (1 - lowest) * 1.2);
}
