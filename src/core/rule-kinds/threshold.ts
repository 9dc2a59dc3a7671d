import type { ThresholdRule } from '../rule.ts';
import type { Held, Judged } from './judged.ts';

export function judgeThreshold(
  held: Held,
  input: { readonly value: number; readonly floor: number | null },
  rule: ThresholdRule,
): Judged {
  const { value } = input;
  if (rule.and && (input.floor === null || input.floor <= rule.and.above)) {
    return { level: null, threshold: null, reason: `${rule.and.metric} is not above ${rule.and.above}` };
  }
  const heldLevel = held.phase === 'ok' ? null : held.level;
  for (const level of ['critical', 'warning'] as const) {
    const threshold = rule[level];
    if (threshold === undefined) continue;
    const isHeld = heldLevel === 'critical' || heldLevel === level;
    const edge = isHeld ? withHysteresis(threshold, rule) : threshold;
    const beyond = rule.direction === 'above' ? value > edge : value < edge;
    if (beyond) return { level, threshold, reason: `${value} is ${rule.direction} ${edge}` };
  }
  const threshold = (held.level && rule[held.level]) ?? rule.warning ?? rule.critical ?? null;
  return { level: null, threshold, reason: `${value} is within bounds` };
}

/** A level that holds clears only when the value has gone back past the threshold by this share of it. */
function withHysteresis(threshold: number, rule: ThresholdRule): number {
  const margin = Math.abs(threshold) * rule.hysteresis;
  return rule.direction === 'above' ? threshold - margin : threshold + margin;
}
