/** What the policy says of an action before anything is planned: a plan can only make it stricter. Pure. */
import type { Plan, Risk } from '../plan.ts';
import { deadLines } from './dead-lines.ts';
import type { GuardFacts } from './facts.ts';
import { type Judgement, judge } from './judge.ts';
import { describeRule, type Policy } from './policy.ts';
import { prohibitions } from './prohibitions.ts';

export interface Outlook {
  readonly action: string;
  readonly summary: string;
  readonly risk: Risk;
  /** The answer of this moment. */
  readonly judgement: Judgement;
  /** JSON Schema of its input. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Names of what must be said before it can be planned: `pid`. */
  readonly needs: readonly string[];
}

/** The policy in words, in the order of the file. */
export interface PolicyView {
  readonly never: readonly string[];
  readonly ask: readonly string[];
  readonly always: readonly string[];
  readonly budgets: Policy['budgets'];
  /** `09:00-17:00 Mon-Fri`; null where what was measured decides. */
  readonly peakHours: string | null;
  readonly approvalTtlMs: number;
  readonly fourEyes: boolean;
  /** What no policy lifts. */
  readonly prohibitions: readonly { readonly id: string; readonly text: string }[];
}

export function policyView(policy: Policy): PolicyView {
  const { never, ask, always, budgets, peakHours, approvalTtlMs, fourEyes } = policy;
  const dead = deadLines(policy);
  return {
    never: never.map(describeRule),
    ask: ask.map(describeRule),
    always: always.map((line) => {
      const beaten = dead.find((one) => one.line === line);
      if (beaten === undefined) return describeRule(line);
      const how = beaten.key === 'ask' ? 'asks' : 'forbids';
      return `${describeRule(line)}: no, a line that ${how} beats it (${describeRule(beaten.by)})`;
    }),
    budgets,
    peakHours: peakHours?.text ?? null,
    approvalTtlMs,
    fourEyes,
    prohibitions: prohibitions.map(({ id, text }) => ({ id, text })),
  };
}

/** A plan that nothing is known of but which action it is. */
export function unplanned(action: string, target: string, risk: Risk): Plan {
  return {
    ...{ action, target, risk, input: {}, summary: '', steps: [], before: {}, expect: '' },
    ...{ undo: { possible: false, how: '' }, verifyWithinMs: 0, holdMs: 0 },
  };
}

/** What is said of every plan of this action; what a plan touches comes on top. */
export function outlookOf(
  about: Pick<Plan, 'action' | 'target' | 'risk'>,
  facts: GuardFacts,
  policy: Policy,
): Judgement {
  return judge(unplanned(about.action, about.target, about.risk), facts, policy);
}
