/**
 * What rules remember of the series that they judge. Pure but for the memory itself: the same values in the same order
 * give the same judgements, live, after a restart, in `rule test` and in `rule replay`.
 */
import type { LearnedRule } from '../rule.ts';
import type { Labels } from '../sample.ts';
import { createAnomalyMemory } from './anomaly.ts';
import { createForecastMemory } from './forecast.ts';
import type { Held, Judged } from './judged.ts';
import { createNewMemory } from './new.ts';
import { createTrendMemory } from './trend.ts';

export interface Seen {
  readonly at: number;
  readonly value: number;
  readonly labels: Labels;
  /** Newest value of the metric that the rule names with `of`. */
  readonly of: number | null;
}

export interface Memory {
  /** Judges by all before it and learns it. `unknown` says why it cannot be judged yet. */
  take(seen: Seen, held: Held): Judged | { readonly unknown: string };
  /** What the store kept: learned in the order of time, judged by nobody. */
  learn(seen: Seen): void;
}

export function memoryFor(rule: LearnedRule): Memory {
  if (rule.kind === 'forecast') return createForecastMemory(rule);
  if (rule.kind === 'anomaly') return createAnomalyMemory(rule);
  if (rule.kind === 'trend') return createTrendMemory(rule);
  return createNewMemory(rule);
}

/** What is new is new to the target; everything else is judged by its own series. */
export function isSharedByTarget(rule: LearnedRule): boolean {
  return rule.kind === 'new';
}
