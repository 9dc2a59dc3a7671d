/** Past actions judged again under another policy, with the facts of their own moment. Pure. */
import type { ActionView } from '../view.ts';
import { factsOfPlan, type GuardFacts, isProductionName } from './facts.ts';
import { type Judgement, judge } from './judge.ts';
import type { Policy } from './policy.ts';
import { isByItself, isPerson, isSameCause } from './spent.ts';

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
  /** Recorded before judgements kept their facts: counts are made anew, the rest is unknown. */
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

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A change that was made, or would have been: what budgets count. */
interface Applied {
  readonly action: string;
  readonly target: string;
  readonly incidentId: string | null;
  readonly at: number;
  readonly isByItself: boolean;
  readonly cause: string | null;
}

/**
 * Budgets are counted as the guard counts them, over what would have been done: what the policy denies uses up nothing,
 * what it allows does so at once, and what it asks for is taken as answered as it was then. All other facts are those
 * of their moment.
 * @param actions those from before `from` only fill the budgets
 * @param environmentOf of a target, for what was recorded without facts
 */
export function replayPolicy(
  actions: readonly ActionView[],
  policy: Policy,
  environmentOf: (target: string) => string | null,
  from = Number.NEGATIVE_INFINITY,
): Replay {
  const sorted = actions.toSorted((a, b) => a.proposedAt - b.proposedAt);
  const were = sorted.flatMap((action) => applied(action, action.appliedAt, isByItself(action)));
  const would: Applied[] = [];
  const all: Rejudged[] = [];
  for (const action of sorted) {
    if (action.proposedAt < from) {
      would.push(...applied(action, action.appliedAt, isByItself(action)));
      continue;
    }
    const rejudged = rejudge(action, policy, environmentOf, { were, would });
    all.push(rejudged);
    const isUnasked = rejudged.would.kind === 'allow' && !isPerson(action.proposedBy);
    would.push(...applied(action, appliedUnder(rejudged, action), isUnasked));
  }
  const differing = all.filter(({ was, would: now }) => was.kind !== now.kind).reverse();
  const changes: Record<string, number> = {};
  for (const { was, would: now } of differing) {
    const key = `${was.kind}->${now.kind}`;
    changes[key] = (changes[key] ?? 0) + 1;
  }
  const slower = differing.filter(({ was, state }) => was.kind === 'allow' && state === 'done').length;
  return { judged: all.length, changes, differing, slower };
}

function applied(
  { plan, incidentId, judgement }: ActionView,
  at: number | null,
  isUnasked: boolean,
): Applied[] {
  if (at === null) return [];
  const cause = judgement.facts?.cause ?? null;
  return [{ action: plan.action, target: plan.target, incidentId, at, isByItself: isUnasked, cause }];
}

/** When it would have been done; null for never. */
function appliedUnder({ was, would }: Rejudged, { appliedAt, proposedAt }: ActionView): number | null {
  if (would.kind === 'deny') return null;
  return would.kind === 'allow' && was.kind !== 'allow' ? proposedAt : appliedAt;
}

type Counts = Pick<
  GuardFacts,
  | 'appliedOnTargetLastHour'
  | 'appliedForIncident'
  | 'appliedLastDay'
  | 'appliedActionLastHour'
  | 'appliedActionLastDay'
>;

/** As `factsFor` of the pipeline counts them in the store. */
function countsAt(now: number, all: readonly Applied[], { plan, incidentId, judgement }: ActionView): Counts {
  // Its own application is not among what was counted for it.
  const done = all.filter(({ at }) => at < now);
  const same = done.filter(({ action, target }) => target === plan.target && action === plan.action);
  const unasked = done.filter((one) => one.isByItself);
  const here = unasked.filter(({ target }) => target === plan.target);
  const about = { cause: judgement.facts?.cause ?? null, target: plan.target };
  const ofCause = unasked.filter((one) => one.incidentId === incidentId && isSameCause(one, about));
  const since = (list: readonly Applied[], ms: number) => list.filter(({ at }) => at >= now - ms).length;
  return {
    appliedOnTargetLastHour: since(here, hourMs),
    appliedForIncident: incidentId === null ? 0 : ofCause.length,
    appliedLastDay: since(unasked, dayMs),
    appliedActionLastHour: since(same, hourMs),
    appliedActionLastDay: since(same, dayMs),
  };
}

/** What was counted then, more or less by what would have been done otherwise: so it holds for what is not in the list too. */
function replayed(
  facts: GuardFacts,
  action: ActionView,
  lists: { readonly were: readonly Applied[]; readonly would: readonly Applied[] },
): GuardFacts {
  const [then, now] = [countsAt(facts.now, lists.were, action), countsAt(facts.now, lists.would, action)];
  const count = (name: keyof Counts) => Math.max(0, facts[name] + now[name] - then[name]);
  return {
    ...facts,
    appliedOnTargetLastHour: count('appliedOnTargetLastHour'),
    appliedForIncident: count('appliedForIncident'),
    appliedLastDay: count('appliedLastDay'),
    appliedActionLastHour: count('appliedActionLastHour'),
    appliedActionLastDay: count('appliedActionLastDay'),
  };
}

function rejudge(
  action: ActionView,
  policy: Policy,
  environmentOf: (target: string) => string | null,
  lists: { readonly were: readonly Applied[]; readonly would: readonly Applied[] },
): Rejudged {
  const { plan, judgement } = action;
  const known = judgement.facts ?? reconstructed(action, environmentOf(plan.target), lists.were);
  const facts = replayed(known, action, lists);
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

function reconstructed(action: ActionView, environment: string | null, were: readonly Applied[]): GuardFacts {
  const { plan, proposedAt } = action;
  return {
    ...{ now: proposedAt, environment, isProduction: isProductionName(environment), isPeak: null },
    ...{ isWindowOpen: null, incidentLevel: 'none', ...countsAt(proposedAt, were, action) },
    ...{ failedInARow: 0, frozen: '', isByPerson: isPerson(action.proposedBy), cause: null },
    ...{ provenRestoreLevel: null, provenRestoreAt: null, ...factsOfPlan(plan), rulesOnTarget: null },
  };
}
