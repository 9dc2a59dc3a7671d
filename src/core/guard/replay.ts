/** Past actions judged again under another policy, with the facts of their own moment. Pure. */
import type { ActionView } from '../view.ts';
import { factsOfPlan, type GuardFacts, isProductionName } from './facts.ts';
import { type Judgement, judge } from './judge.ts';
import type { Policy } from './policy.ts';

export interface Rejudged {
  readonly id: string;
  readonly incidentId: string | null;
  readonly action: string;
  readonly target: string;
  readonly summary: string;
  readonly proposedAt: number;
  readonly was: Judgement;
  readonly would: Judgement;
  /** What came of it then. */
  readonly state: ActionView['state'];
  /** Recorded before judgements kept their facts: counts are taken as none, the rest is unknown. */
  readonly isReconstructed: boolean;
}

export interface Replay {
  /** Judged at all. */
  readonly judged: number;
  /** `allow->ask` with how often. */
  readonly changes: Readonly<Record<string, number>>;
  /** Those whose judgement differs, newest first. */
  readonly differing: readonly Rejudged[];
  /** Done then, unasked, and not allowed now: what a person would have had to decide, or nobody could have. */
  readonly slower: number;
}

/**
 * Counts and facts are those of then: that a stricter policy would have left more of a budget is not played.
 * @param environmentOf of a target, for what was recorded without facts
 */
export function replayPolicy(
  actions: readonly ActionView[],
  policy: Policy,
  environmentOf: (target: string) => string | null,
): Replay {
  const all = actions.map((action) => rejudge(action, policy, environmentOf));
  const differing = all.filter(({ was, would }) => was.kind !== would.kind);
  const changes: Record<string, number> = {};
  for (const { was, would } of differing) {
    const key = `${was.kind}->${would.kind}`;
    changes[key] = (changes[key] ?? 0) + 1;
  }
  const slower = differing.filter(({ was, state }) => was.kind === 'allow' && state === 'done').length;
  return { judged: all.length, changes, differing, slower };
}

function rejudge(
  action: ActionView,
  policy: Policy,
  environmentOf: (target: string) => string | null,
): Rejudged {
  const { plan, judgement } = action;
  const facts = judgement.facts ?? reconstructed(action, environmentOf(plan.target));
  return {
    id: action.id,
    incidentId: action.incidentId,
    action: plan.action,
    target: plan.target,
    summary: plan.summary,
    proposedAt: action.proposedAt,
    was: { kind: judgement.kind, reason: judgement.reason },
    would: judge(plan, facts, policy),
    state: action.state,
    isReconstructed: judgement.facts === undefined,
  };
}

function reconstructed({ plan, proposedAt }: ActionView, environment: string | null): GuardFacts {
  return {
    ...{ now: proposedAt, environment, isProduction: isProductionName(environment), isPeak: null },
    ...{ isWindowOpen: null, incidentLevel: 'none', appliedOnTargetLastHour: 0, appliedForIncident: 0 },
    ...{ appliedLastDay: 0, appliedActionLastHour: 0, appliedActionLastDay: 0, failedInARow: 0, frozen: '' },
    ...{ provenRestoreLevel: null, provenRestoreAt: null, ...factsOfPlan(plan), rulesOnTarget: null },
  };
}
