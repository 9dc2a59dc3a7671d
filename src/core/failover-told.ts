/** What upkeep.yaml must say after a promotion and does not: who is the primary now, and what would fence it. Pure. */
import type { FailoverSettings } from './failover.ts';
import type { ActionView } from './view.ts';

export type Promotion = Pick<ActionView, 'state' | 'appliedAt'> & {
  readonly plan: Pick<ActionView['plan'], 'action' | 'target' | 'steps' | 'fences'>;
};

export interface Wording {
  /** A program with its arguments, as the steps of a plan name it. */
  program(words: readonly string[]): string;
  moment(at: number): string;
}

/**
 * One sentence with the remedy; null where the pair stands as the last promotion left it, or none was done.
 * @param actions of any kind, in any order
 */
export function untoldFailover(
  { name, primary, replica, fence, switch: way }: FailoverSettings,
  actions: readonly Promotion[],
  wording: Wording,
): string | null {
  const last = actions
    .filter(
      ({ state, appliedAt, plan }) =>
        state === 'done' &&
        appliedAt !== null &&
        plan.action.endsWith('.promote') &&
        (plan.target === primary || plan.target === replica),
    )
    .toSorted((a, b) => (b.appliedAt ?? 0) - (a.appliedAt ?? 0))[0];
  if (last === undefined) return null;
  const when = `${last.plan.target} was promoted at ${wording.moment(last.appliedAt ?? 0)}`;
  if (last.plan.target === replica)
    return `failover.${name}: ${when}, and upkeep.yaml still names it as the replica of ${primary}: exchange primary and replica${way.by === 'proxy' ? ', those of its switch too' : ''}${fence === null ? '' : `, and give its fence the program that stops ${replica}`}`;
  const fenced = last.plan.fences;
  if (fence === null || fenced === undefined) return null;
  const isSame = last.plan.steps.includes(`${wording.program(fence)}  # fences ${fenced}`);
  return isSame && fenced !== primary
    ? `failover.${name}: ${when}, and its fence is still the program that stopped ${fenced}: the next failover would stop ${fenced}, which is to take over, and leave ${primary} running; name the program that stops ${primary}`
    : null;
}
