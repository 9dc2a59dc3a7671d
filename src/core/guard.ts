/**
 * The guard: nothing changes a system without a permit, and only this module can make one.
 * `judge` is pure. Deny beats ask beats allow; what no policy names is denied.
 */
import type { Facts, Plan } from './plan.ts';

export interface PolicyRule {
  /** Action id, `postgres.*` or `*`. */
  readonly action: string;
  /** Target name, `prod-*` or `*`. */
  readonly target: string;
  readonly environment?: string;
  /** Holds only while changes are frozen: the error budget of a service that the target bears is spent. */
  readonly frozen?: true;
  readonly why?: string;
}

export interface Budgets {
  readonly perTargetPerHour: number;
  readonly perIncident: number;
  readonly perDay: number;
}

export interface Policy {
  readonly never: readonly PolicyRule[];
  readonly ask: readonly PolicyRule[];
  readonly always: readonly PolicyRule[];
  readonly budgets: Budgets;
  /** How long an approval waits before it expires. */
  readonly approvalTtlMs: number;
  readonly fourEyes: boolean;
}

/** Counted from the store before a judgement. */
export interface GuardFacts extends Facts {
  readonly environment: string | null;
  readonly appliedOnTargetLastHour: number;
  readonly appliedForIncident: number;
  readonly appliedLastDay: number;
  /** Failed verifications of this action on this target since the last good one. */
  readonly failedInARow: number;
  /** Services that the target reaches whose error budget is spent and whose policy freezes changes: `shop, blog`; empty for none. */
  readonly frozen: string;
}

export type Judgement =
  | { readonly kind: 'allow'; readonly reason: string }
  | { readonly kind: 'ask'; readonly reason: string }
  | { readonly kind: 'deny'; readonly reason: string };

const failuresBeforeDemotion = 2;

export function judge(
  plan: Pick<Plan, 'action' | 'target' | 'risk'>,
  facts: GuardFacts,
  policy: Policy,
): Judgement {
  const forbidden = policy.never.find((rule) => covers(rule, plan, facts));
  if (forbidden) return { kind: 'deny', reason: `policy never: ${describe(forbidden)}` };
  const asks = policy.ask.find((rule) => covers(rule, plan, facts));
  const always = policy.always.find((rule) => covers(rule, plan, facts));
  if (!asks && !always) {
    return {
      kind: 'deny',
      reason: `no policy names ${plan.action} on ${plan.target}; what is not named is denied`,
    };
  }
  const { budgets } = policy;
  if (facts.appliedOnTargetLastHour >= budgets.perTargetPerHour) {
    return {
      kind: 'deny',
      reason: `budget: ${facts.appliedOnTargetLastHour} of ${budgets.perTargetPerHour} an hour on ${plan.target} are used`,
    };
  }
  if (facts.appliedForIncident >= budgets.perIncident) {
    return {
      kind: 'deny',
      reason: `budget: ${facts.appliedForIncident} of ${budgets.perIncident} for this incident are used`,
    };
  }
  if (facts.appliedLastDay >= budgets.perDay) {
    return { kind: 'deny', reason: `budget: ${facts.appliedLastDay} of ${budgets.perDay} a day are used` };
  }
  if (asks) return { kind: 'ask', reason: `policy ask: ${describe(asks)}` };
  if (facts.failedInARow >= failuresBeforeDemotion) {
    return {
      kind: 'ask',
      reason: `${plan.action} failed its verification ${facts.failedInARow} times in a row; a person must decide`,
    };
  }
  if (plan.risk === 'destructive') {
    return { kind: 'ask', reason: 'destructive actions always ask, whatever the policy allows' };
  }
  return { kind: 'allow', reason: `policy always: ${describe(always as PolicyRule)}` };
}

function covers(rule: PolicyRule, plan: Pick<Plan, 'action' | 'target'>, facts: GuardFacts): boolean {
  return (
    matches(rule.action, plan.action) &&
    matches(rule.target, plan.target) &&
    (rule.environment === undefined || rule.environment === facts.environment) &&
    (rule.frozen === undefined || facts.frozen !== '')
  );
}

/** `*` stands for any run of characters. */
export function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}

function describe(rule: PolicyRule): string {
  const where = rule.target === '*' ? '' : ` on ${rule.target}`;
  const environment = rule.environment === undefined ? '' : ` in ${rule.environment}`;
  const frozen = rule.frozen ? ' while an error budget is spent' : '';
  return `${rule.action}${where}${environment}${frozen}${rule.why === undefined ? '' : ` (${rule.why})`}`;
}

/** Somebody's yes to one plan, told by its digest. */
export interface Approval {
  readonly by: string;
  readonly digest: string;
  readonly expiresAt: number;
}

const issued = new WeakSet<Permit>();
const spent = new WeakSet<Permit>();

/** Leave to apply one plan once. Made by `grant` alone: a copy or a look-alike fails `claim`. */
export class Permit {
  readonly digest: string;
  readonly reason: string;
  readonly grantedTo: string;
  readonly expiresAt: number;

  private constructor(digest: string, reason: string, grantedTo: string, expiresAt: number) {
    this.digest = digest;
    this.reason = reason;
    this.grantedTo = grantedTo;
    this.expiresAt = expiresAt;
  }

  /**
   * Gives a permit for an allowed plan, or for one that must be asked for and was approved.
   * Throws where it may not.
   */
  static grant(judgement: Judgement, digest: string, now: number, approval?: Approval): Permit {
    if (judgement.kind === 'deny') throw new GuardRefusal(judgement.reason);
    if (judgement.kind === 'ask') {
      if (approval === undefined) throw new GuardRefusal(`not approved: ${judgement.reason}`);
      if (approval.digest !== digest) throw new GuardRefusal('what was approved is not this plan');
      if (approval.expiresAt <= now) throw new GuardRefusal('the approval has expired');
    }
    const reason = approval && judgement.kind === 'ask' ? `approved by ${approval.by}` : judgement.reason;
    const permit = new Permit(digest, reason, approval?.by ?? 'policy', now + permitLifeMs);
    issued.add(permit);
    return Object.freeze(permit);
  }

  /** Uses the permit for the plan with this digest; throws when it is not genuine, not for it, spent or too old. */
  static claim(permit: Permit, digest: string, now: number): void {
    if (!issued.has(permit)) throw new GuardRefusal('this permit was not issued by the guard');
    if (permit.digest !== digest) throw new GuardRefusal('this permit is for another plan');
    if (permit.expiresAt <= now) throw new GuardRefusal('this permit has expired');
    if (spent.has(permit)) throw new GuardRefusal('this permit was used already');
    spent.add(permit);
  }

  /** For an action's own check that the permit it was handed is genuine. */
  static isGenuine(permit: Permit): boolean {
    return issued.has(permit);
  }
}

const permitLifeMs = 60_000;

export class GuardRefusal extends Error {
  override readonly name = 'GuardRefusal';
}
