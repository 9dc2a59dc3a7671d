import type { StateRule } from '../rule.ts';
import type { Judged } from './judged.ts';

export function judgeState(value: number, rule: StateRule): Judged {
  for (const level of ['critical', 'warning'] as const) {
    if (rule[level]?.includes(value)) return { level, threshold: value, reason: `state is ${value}` };
  }
  return { level: null, threshold: null, reason: `state is ${value}` };
}
