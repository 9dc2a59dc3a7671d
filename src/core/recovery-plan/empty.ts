/** From what holds nothing good nothing comes back: what is said of it instead of steps. Pure. */
import type { OffsiteView, PlanView, SecondView } from '../backup/view.ts';

type Named = Pick<PlanView, 'name' | 'target' | 'none'>;

/** Null where the plan holds something to restore. */
export function emptyPlan({ name, target, none }: Named): string | null {
  return none === undefined ? null : `${target}: the plan ${name} holds no good backup: ${none}`;
}

export function emptyOffsite({ name, target }: Named, { bucket, none }: OffsiteView): string | null {
  return none === undefined ? null : `${target}: no good copy of ${name} has arrived in ${bucket}: ${none}`;
}

/** @param place `repo2`, or where the only repository lies */
export function emptyRepository(
  { name, target }: Named,
  place: string,
  none: SecondView['none'],
): string | null {
  return none === undefined ? null : `${target}: no good backup of ${name} is known in ${place}: ${none}`;
}
