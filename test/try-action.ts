/** Plans and applies actions of a tried target as the pipeline does. */
import assert from 'node:assert/strict';
import type { Plan } from '../src/core/action.ts';
import { Permit } from '../src/core/guard.ts';
import { permitFor, type TriedTarget, targetName } from './try-target.ts';

type Input = Readonly<Record<string, unknown>>;

/** The plan, which must be made. */
export async function planned(target: TriedTarget, id: string, input: Input): Promise<Plan> {
  const action = target.action(id);
  const parsed = action.input.parse(input);
  const made = await action.plan(parsed, target.context());
  assert.ok(!('refused' in made), 'refused' in made ? made.refused : '');
  return { ...made, action: id, target: targetName, input: parsed, risk: action.risk };
}

export async function refusal(target: TriedTarget, id: string, input: Input): Promise<string> {
  const made = await target.action(id).plan(input, target.context());
  return 'refused' in made ? made.refused : `planned: ${made.summary}`;
}

export async function applied(target: TriedTarget, plan: Plan): Promise<string> {
  return target.action(plan.action).apply(plan, permitFor(plan), target.context());
}

export async function undone(target: TriedTarget, plan: Plan): Promise<string> {
  const { undo } = target.action(plan.action);
  assert.ok(undo, `${plan.action} has no undo`);
  return undo(plan, permitFor(plan), target.context());
}

export function verified(target: TriedTarget, plan: Plan) {
  return target.action(plan.action).verify(plan, target.context());
}

/** No look-alike of a permit and no altered step is carried out. */
export async function assertGuarded(target: TriedTarget, plan: Plan): Promise<void> {
  const forged: Permit = Object.create(Permit.prototype);
  const action = target.action(plan.action);
  await assert.rejects(action.apply(plan, forged, target.context()), { name: 'GuardRefusal' });
  const altered = { ...plan, steps: [...plan.steps, 'DROP DATABASE shop'] };
  await assert.rejects(action.apply(altered, permitFor(altered), target.context()), /make a new plan/);
}
