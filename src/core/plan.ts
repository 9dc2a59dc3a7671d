/** What an action would do, word for word, before the guard has judged it. */
import type { Scalar } from './evidence.ts';

/** `safe`: no work is lost · `risky`: somebody's work is interrupted · `destructive`: data may be lost. */
export type Risk = 'safe' | 'risky' | 'destructive';

export type Facts = Readonly<Record<string, Scalar>>;

export interface Plan {
  readonly action: string;
  readonly target: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly risk: Risk;
  readonly summary: string;
  /** What would be run, word for word; this is the dry run that people see. */
  readonly steps: readonly string[];
  /** What was true when it was planned; identifies exactly what the action may touch. */
  readonly before: Facts;
  /** What must be true afterwards, for people. */
  readonly expect: string;
  /** How the change is taken back, or why nothing needs taking back. */
  readonly undo: { readonly possible: boolean; readonly how: string };
  /** How long verification may take to see the symptom gone, and how long it must stay gone. */
  readonly verifyWithinMs: number;
  readonly holdMs: number;
}

/** What an action plans; the pipeline adds which action, target and input it is. */
export type PlanDraft = Omit<Plan, 'action' | 'target' | 'input' | 'risk'>;

/** A plan that makes no sense now (the blocker is gone, say): nothing is done and this is said. */
export interface NoPlan {
  readonly refused: string;
}

export type Verdict = { readonly good: boolean; readonly detail: string; readonly after?: Facts };
