import type { Point } from '../onset/shift.ts';
import type { Unit } from '../sample.ts';

/**
 * Whether a series in which no shift was found may be called steady. A state that was both has changed, however short the
 * time since is: the mean of up and down is neither. Where nothing was stored nothing is known.
 */
export function isSteady(points: readonly Point[], unit: Unit): boolean {
  const values = points.flatMap(({ value }) => value ?? []);
  if (values.length === 0) return false;
  return unit !== 'state' || values.every((value) => value === values[0] && Number.isInteger(value));
}
