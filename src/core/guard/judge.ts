/** The judgement of a plan: everything that speaks, then deny beats ask beats allow. Pure. */
import type { GuardFacts } from './facts.ts';
import { covers, describeRule, isUsedUp, matches, type Policy } from './policy.ts';
import { prohibited, type Touching, touchesOf } from './prohibitions.ts';

export type Judgement =
  | { readonly kind: 'allow'; readonly reason: string }
  | { readonly kind: 'ask'; readonly reason: string }
  | { readonly kind: 'deny'; readonly reason: string };

/** One voice; `rule` says whose: `never`, `budget`, or the id of a prohibition. */
export type Voice = Judgement & { readonly rule: string };

export type Judged = Touching & { readonly target: string };

const failuresBeforeDemotion = 2;

export function judge(plan: Judged, facts: GuardFacts, policy: Policy): Judgement {
  const voices = weigh(plan, facts, policy);
  const strongest =
    voices.find(({ kind }) => kind === 'deny') ??
    voices.find(({ kind }) => kind === 'ask') ??
    voices.find(({ kind }) => kind === 'allow');
  if (!strongest) return { kind: 'deny', reason: unnamed(plan) };
  if (strongest.kind !== 'ask') return { kind: strongest.kind, reason: strongest.reason };
  // Whoever approves answers all of it.
  const asking = voices.filter(({ kind }) => kind === 'ask').map(({ reason }) => reason);
  return { kind: 'ask', reason: [...new Set(asking)].join('; ') };
}

/** Everything that has a say, the reasons to deny first as they are asked. */
export function weigh(plan: Judged, facts: GuardFacts, policy: Policy): Voice[] {
  const as = namedAs(plan, policy);
  const named = (key: 'never' | 'ask') => policy[key].filter((rule) => covers(rule, as, facts, policy, true));
  const always = policy.always.filter((rule) => covers(rule, as, facts, policy, false));
  const open = always.filter((rule) => !isUsedUp(rule, facts));
  const asks = named('ask');
  return [
    ...named('never').map((rule) => voice('deny', 'never', `policy never: ${describeRule(rule)}`)),
    ...prohibited(plan, facts, policy.limits),
    ...(asks.length + always.length === 0 ? [voice('deny', 'unnamed', unnamed(plan))] : []),
    ...ofBudgets(plan, facts, policy),
    ...asks.map((rule) => voice('ask', 'ask', `policy ask: ${describeRule(rule)}`)),
    ...(facts.failedInARow >= failuresBeforeDemotion
      ? [
          voice(
            'ask',
            'failed',
            `${plan.action} failed its verification ${facts.failedInARow} times in a row; a person must decide`,
          ),
        ]
      : []),
    ...(plan.risk === 'destructive' || touchesOf(plan).has('database-destructive')
      ? [voice('ask', 'destructive', 'destructive actions always ask, whatever the policy allows')]
      : []),
    ...open.map((rule) => voice('allow', 'always', `policy always: ${describeRule(rule)}`)),
    ...(open.length === 0
      ? always.map((rule) => voice('ask', 'used-up', `used up, a person must decide: ${describeRule(rule)}`))
      : []),
  ];
}

/** To restart what does not run is to start it: where no rule names the start, those of the restart hold for it. */
function namedAs(plan: Judged, { never, ask, always }: Policy): Judged {
  const [, system] = /^(.+)\.start$/.exec(plan.action) ?? [];
  if (system === undefined) return plan;
  const restart = `${system}.restart`;
  const isNamed = [...never, ...ask, ...always].some(
    ({ action, target }) =>
      matches(action, plan.action) && !matches(action, restart) && matches(target, plan.target),
  );
  return isNamed ? plan : { ...plan, action: restart };
}

function voice(kind: Judgement['kind'], rule: string, reason: string): Voice {
  return { kind, rule, reason };
}

function unnamed({ action, target }: Judged): string {
  return `no policy names ${action} on ${target}; what is not named is denied ("${action} on ${target}" below guard.ask in upkeep.yaml has it asked for)`;
}

/** They bound what Upkeep does by itself: what a person asks for or says yes to is theirs to decide. */
function ofBudgets(plan: Judged, facts: GuardFacts, { budgets }: Policy): Voice[] {
  if (facts.isByPerson) return [];
  const cause = facts.cause ? `for ${facts.cause} in this incident` : 'for this incident';
  const counts = [
    [facts.appliedOnTargetLastHour, budgets.perTargetPerHour, `an hour on ${plan.target}`],
    [facts.appliedForIncident, budgets.perIncident, cause],
    [facts.appliedLastDay, budgets.perDay, 'a day'],
  ] as const;
  const kind = budgets.whenUsedUp ?? 'ask';
  const then = kind === 'ask' ? 'only with your yes' : 'not by Upkeep itself';
  return counts
    .filter(([used, most]) => !(used < most))
    .map(([used, most, what]) =>
      voice(kind, 'budget', `budget: ${used} of ${most} ${what} are used: ${then}`),
    );
}
