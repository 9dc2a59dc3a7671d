/** What the actions share: names in their inputs, and that only what was planned is done. */
import { escapeIdentifier } from 'pg';
import { z } from 'zod';
import type { Facts, Plan } from '../../../core/action.ts';
import { GuardRefusal, Permit } from '../../../core/guard.ts';

/** As the catalogue has it, without quotes. */
export const nameInput = (of: string) =>
  z.string().min(1).max(63).describe(`${of} as the catalogue has it, without quotes`);
export const schemaInput = nameInput('Schema').default('public');

/** `"public"."orders"`: always quoted, so that a name is never anything else. */
export function qualified(schema: string, name: string): string {
  return `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
}

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

const megabyte = 1_048_576;

export function sizeOf(bytes: number): string {
  return bytes >= 1_024 * megabyte
    ? `${(bytes / (1_024 * megabyte)).toFixed(1)} GiB`
    : `${Math.max(1, Math.round(bytes / megabyte))} MiB`;
}

/** Slow disks sort and write an index of a table at about 5 MiB/s (J); six hours at most. */
export function buildLimitMs(bytes: number): number {
  return Math.round(Math.min(6 * 3_600_000, Math.max(60_000, (bytes / (5 * megabyte)) * 1_000)));
}
