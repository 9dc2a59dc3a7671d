/** Everything that changes a system: planned, judged by the guard, applied with a permit, verified, undone. */
import type { z } from 'zod';
import type { Change } from './change.ts';
import type { Permit } from './guard.ts';
import type { NoPlan, Plan, PlanDraft, Risk, Verdict } from './plan.ts';
import type { Clock } from './time.ts';
import type { ActionView } from './view.ts';

export type { Facts, NoPlan, Plan, PlanDraft, Risk, Verdict } from './plan.ts';

/**
 * What does not run afterwards, by purpose: the target itself, or a part of it (a container). What needs it is down with
 * it, and that is no harm.
 */
export type Stops = 'target' | 'part';

export type AppliedAction = Pick<ActionView, 'state' | 'appliedAt' | 'plan'>;

export interface ActionContext {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Latest values of a target's metric, newest first by series; empty when unknown. */
  readonly latest: (target: string, metric: string) => readonly { value: number; at: number }[];
  /** Targets that are reached at `10.0.0.7:5432`; absent where nobody looked. */
  readonly targetsAt?: (place: string) => readonly string[];
  /** What was changed in the target in the last day, newest first; absent where nobody keeps a ledger. */
  readonly changes?: () => Promise<readonly Change[]>;
  /** Those of one action that were applied, on any target, newest first; absent where nobody keeps them. */
  readonly applied?: (action: string) => Promise<readonly AppliedAction[]>;
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
  readonly stops?: Stops | undefined;
  /**
   * It takes away what is broken for certain (a file that does not load, a process that stands still): to go back would
   * bring it back, so it stays where it did that, though others are ill by another cause.
   */
  readonly mends?: true | undefined;
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
