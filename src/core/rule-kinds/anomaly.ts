/** Values that a series has not shown before. */
import { type AnomalyScore, createAnomalyState, score } from '../anomaly/detector.ts';
import type { AnomalyRule } from '../rule.ts';
import type { Held, Judged } from './judged.ts';
import type { Memory, Seen } from './memory.ts';
import { createRate } from './rate.ts';

/** An alert begins where the detector's budget of alarms admits it, and lasts as long as the values are strange. */
function judgeAnomaly(found: AnomalyScore, held: Held, rule: AnomalyRule): Judged {
  const { score: value, threshold, reason } = found;
  const calm: Judged = { level: null, threshold, value, reason };
  const isHeld = held.phase !== 'ok';
  if (!(isHeld ? found.isAnomalous : found.isAlarm) || !isOnSide(found, rule)) return calm;
  const isCritical = rule.critical !== undefined && value >= rule.critical;
  return isCritical
    ? { ...calm, level: 'critical', threshold: rule.critical ?? threshold }
    : { ...calm, level: 'warning' };
}

function isOnSide({ expected, judged }: AnomalyScore, { direction }: AnomalyRule): boolean {
  if (direction === 'either' || expected === null) return true;
  return direction === 'above' ? judged > expected.high : judged < expected.low;
}

export function createAnomalyMemory(rule: AnomalyRule): Memory {
  const state = createAnomalyState();
  const rate = rule.isCounter ? createRate() : null;
  return {
    // What the store keeps of counters are rates already.
    learn: ({ at, value }: Seen) => void score(state, { at, value }),
    take({ at, value }, held) {
      const measured = rate ? rate(at, value) : value;
      if (measured === null) return { unknown: 'a rate needs two values' };
      const found = score(state, { at, value: measured });
      return found.isWarmingUp ? { unknown: found.reason } : judgeAnomaly(found, held, rule);
    },
  };
}
