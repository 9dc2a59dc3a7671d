/** Two repairs of one thing at the same time are none: each was planned for what the other is changing. */
import type { Plan } from '../plan.ts';

type Working = Pick<Plan, 'target' | 'subjects'>;

/** What both work on, of the same target; undefined where they may run side by side. */
export function sharedSubject(one: Working, other: Working): string | undefined {
  if (one.target !== other.target) return undefined;
  return one.subjects?.find((subject) => other.subjects?.includes(subject));
}
