/**
 * The guard: nothing changes a system without a permit, and only this module can make one.
 * `judge` is pure. Deny beats ask beats allow; what no policy names is denied.
 */
import type { Judgement } from './guard/judge.ts';

export type { GuardFacts } from './guard/facts.ts';
export { type Judgement, judge, type Voice, weigh } from './guard/judge.ts';
export { type Budgets, type Limits, matches, type Policy, type PolicyRule } from './guard/policy.ts';

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
