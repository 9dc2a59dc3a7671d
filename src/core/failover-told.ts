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
  pair: FailoverSettings,
  actions: readonly Promotion[],
  wording: Wording,
): string | null {
  const { name, primary, replica, fence, switch: way } = pair;
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
  return staleFence(pair, actions, wording);
}

/**
 * A fence that stopped the server which is the replica now, at its last use: run again it would stop what is to take over.
 * One sentence with the remedy; null where none is known.
 * @param actions of any kind, in any order
 */
export function staleFence(
  { name, primary, replica, fence }: Pick<FailoverSettings, 'name' | 'primary' | 'replica' | 'fence'>,
  actions: readonly Promotion[],
  wording: Wording,
): string | null {
  if (fence === null) return null;
  const step = `${wording.program(fence)}  # fences `;
  const last = actions
    .filter(({ appliedAt, plan }) => appliedAt !== null && plan.steps.some((one) => one.startsWith(step)))
    .toSorted((a, b) => (b.appliedAt ?? 0) - (a.appliedAt ?? 0))[0];
  if (last === undefined || last.plan.fences !== replica) return null;
  // Whatever came of it, the program was declared for that server.
  const when = `${last.plan.target} ${last.state === 'done' ? 'was' : 'was to be'} promoted at ${wording.moment(last.appliedAt ?? 0)}`;
  return `failover.${name}: ${when}, and its fence is still the program that stopped ${replica}: the next failover would stop ${replica}, which is to take over, and leave ${primary} running; name the program that stops ${primary}`;
}
