/** What every action asks before it changes anything: a genuine permit, and that only what was planned is done. */
import type { Plan } from './action.ts';
import { GuardRefusal, Permit } from './guard.ts';
import type { Facts } from './plan.ts';

/** @throws GuardRefusal for a permit of no guard */
export function demandPermit(permit: Permit): void {
  if (!Permit.isGenuine(permit)) throw new GuardRefusal('this permit was not issued by the guard');
}

/** What is done is made anew from what was planned; a plan that says otherwise was altered. */
export function demandSteps(plan: Plan, steps: readonly string[]): void {
  if (plan.steps.length !== steps.length || plan.steps.some((step, index) => step !== steps[index])) {
    throw new Error('the steps of this plan are not those its input calls for; make a new plan');
  }
}

/** @throws when one of these facts is not what it was when it was planned */
export function demandUnchanged(plan: Plan, now: Facts, what: string): void {
  for (const [name, value] of Object.entries(now)) {
    if (plan.before[name] !== value) {
      throw new Error(
        `${what} has changed since it was planned: ${name} was ${plan.before[name] ?? 'nothing'}, is ${value ?? 'nothing'}; nothing was done`,
      );
    }
  }
}
