/** Everything that changes a system: planned, judged by the guard, applied with a permit, verified, undone. */
import type { z } from 'zod';
import type { Scalar } from './evidence.ts';
import type { Permit } from './guard.ts';
import type { Clock } from './time.ts';

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

export interface ActionContext {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Latest values of a target's metric, newest first by series; empty when unknown. */
  readonly latest: (target: string, metric: string) => readonly { value: number; at: number }[];
}

/**
 * `plan` has no side effect. `apply` done twice equals done once: it checks `plan.before` first.
 * `verify` looks at the symptom, not at the exit code.
 */
export interface Action<Conn, Input extends z.ZodObject = z.ZodObject> {
  readonly id: string;
  readonly summary: string;
  readonly risk: Risk;
  readonly input: Input;
  /** The least privileges it needs, ready to copy. */
  readonly privileges: string;
  plan(conn: Conn, input: z.output<Input>, ctx: ActionContext): Promise<PlanDraft | NoPlan>;
  /** Returns what happened, one line. Throws when it could not be done. */
  apply(conn: Conn, plan: Plan, permit: Permit, ctx: ActionContext): Promise<string>;
  verify(conn: Conn, plan: Plan, ctx: ActionContext): Promise<Verdict>;
  undo?(conn: Conn, plan: Plan, permit: Permit, ctx: ActionContext): Promise<string>;
}

export function defineAction<Conn, Input extends z.ZodObject>(
  action: Action<Conn, Input>,
): Action<Conn, Input> {
  return action;
}
