import type { LearnedRule } from '../rule.ts';

/** How far back a memory reaches, and how finely it wants to be told of it. */
export function memorySpan(rule: LearnedRule): { readonly spanMs: number; readonly stepMs: number } {
  const day = 86_400_000;
  if (rule.kind === 'forecast') return { spanMs: 8 * day, stepMs: 300_000 };
  if (rule.kind === 'anomaly') return { spanMs: 28 * day, stepMs: 600_000 };
  if (rule.kind === 'trend') return { spanMs: rule.overMs, stepMs: Math.max(10_000, rule.overMs / 96) };
  return { spanMs: Math.max(2 * rule.learnMs, 7 * day), stepMs: 3_600_000 };
}
