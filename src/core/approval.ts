/** Who must say yes to a plan, who has, who was asked, and whether one more yes counts. Pure. */
import type { Policy } from './guard.ts';
import type { Plan } from './plan.ts';

export interface Yes {
  /** As the journal names them: `ann`, `slack:U07`, `link:mail:ann`. */
  readonly by: string;
  /** Who that is; null where it is not known. */
  readonly person: string | null;
  readonly at: number;
}

export interface Asking {
  /** How many different people must say yes. */
  readonly needed: number;
  /** To the plan as it stands; an edit voids them. */
  readonly given: readonly Yes[];
  /** Who wrote the plan as it stands: whoever edited it last, else whoever proposed it. */
  readonly author: string;
  /** Whom the question reached so far, and when. */
  readonly asked: readonly { readonly at: number; readonly whom: readonly string[] }[];
  /** When silence takes it to the next step of the policy; null after the last. */
  readonly nextAt: number | null;
  /** What the plan was before each edit. */
  readonly edits: readonly {
    readonly by: string;
    readonly at: number;
    readonly digest: string;
    readonly input: Plan['input'];
  }[];
}

/** With four eyes, what may lose data takes the yes of two. */
export function peopleNeeded(plan: Pick<Plan, 'risk'>, policy: Pick<Policy, 'fourEyes'>): number {
  return policy.fourEyes && plan.risk === 'destructive' ? 2 : 1;
}

export interface Approver {
  readonly by: string;
  readonly person: string | null;
  /** The person behind `Asking.author`; null for Upkeep itself. */
  readonly author: string | null;
}

/** Why the yes of this approver does not count; undefined where it does. */
export function objection(
  asking: Pick<Asking, 'needed' | 'given'>,
  { by, person, author }: Approver,
  fourEyes: boolean,
): { readonly code: 'not-allowed' | 'conflict'; readonly reason: string } | undefined {
  if (asking.given.some((yes) => yes.by === by || (person !== null && yes.person === person)))
    return { code: 'conflict', reason: 'you have approved this already; somebody else must too' };
  if (!fourEyes) return undefined;
  if (person !== null && person === author)
    return { code: 'not-allowed', reason: 'four eyes: whoever proposed an action may not approve it' };
  if (person === null && (author !== null || asking.needed > 1))
    return {
      code: 'not-allowed',
      reason: `four eyes: nobody knows who ${by} is; name them in oncall.people, or approve on the page`,
    };
  return undefined;
}

/** `one more person besides ann`, for whoever waits. */
export function stillNeeded({ needed, given }: Pick<Asking, 'needed' | 'given'>): string {
  const left = Math.max(0, needed - given.length);
  const people = left === 1 ? 'one person' : `${left} people`;
  return given.length === 0 ? people : `one more person besides ${given.map(({ by }) => by).join(', ')}`;
}

/** Never after the approval has lapsed, so that everybody hears of it while they still can decide. */
export function nextAskAt(now: number, delayMs: number, expiresAt: number): number {
  return now + Math.max(0, Math.min(delayMs, Math.floor((expiresAt - now) / 2)));
}

/** So often the same is asked in one incident while nobody answers: then it is for people to propose it. */
export const mostAskings = 3;

/** How often Upkeep asked for this, among the actions of an incident, and nobody said yes or no in time. */
export function unanswered(
  actions: readonly {
    readonly state: string;
    readonly proposedBy: string;
    readonly plan: Pick<Plan, 'action' | 'target'>;
  }[],
  { action, target }: { readonly action: string; readonly target: string },
): number {
  return actions.filter(
    ({ state, proposedBy, plan }) =>
      state === 'expired' && proposedBy === 'upkeep' && plan.action === action && plan.target === target,
  ).length;
}

/** What is said of a request whose time has run out, as the `times`th. */
export function unansweredWords(times: number): string {
  const words = 'nobody approved it in time';
  return times < mostAskings
    ? words
    : `${words}; asked ${times} times, and not again in this incident: propose it by hand where it is needed`;
}
