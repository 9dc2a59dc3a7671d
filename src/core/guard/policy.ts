/** The policy file: which action, on which target, where, when and how often. */
import type { Plan } from '../plan.ts';
import { type Level, levels } from '../severity.ts';
import type { GuardFacts } from './facts.ts';
import { type Hours, isWithin } from './hours.ts';

export interface PolicyRule {
  /** Action id, `postgres.*` or `*`. */
  readonly action: string;
  /** Target name, `prod-*` or `*`. */
  readonly target: string;
  readonly environment?: string;
  /** Holds only while changes are frozen: the error budget of a service that the target bears is spent. */
  readonly frozen?: true;
  /** Holds only in these hours of the team's time zone. */
  readonly hours?: Hours;
  /** Holds only for incidents of this level or worse. */
  readonly level?: Level;
  /** Of an `always` rule: so often for one action on one target; then a person must decide. */
  readonly budget?: { readonly count: number; readonly per: 'hour' | 'day' };
  readonly why?: string;
}

/** How often Upkeep changes something by itself; what a person asked for or said yes to is not counted. */
export interface Budgets {
  readonly perTargetPerHour: number;
  /** For one cause of an incident. */
  readonly perIncident: number;
  readonly perDay: number;
  /** Of what an `always` line allows, once one of them is used up: a person is asked (the default), or it is denied. */
  readonly whenUsedUp?: 'ask' | 'deny';
}

/** Where the prohibitions draw their lines. */
export interface Limits {
  /** A proven restore older than this proves nothing any more. */
  readonly provenBackupWithinMs: number;
  /** Backups younger than this are never deleted. */
  readonly keepBackupsMs: number;
  /** A change of DNS is felt at once by everybody only when the TTL is this short. */
  readonly dnsTtlSeconds: number;
  readonly costPercent: number;
  /** Users who go without for longer have a say. */
  readonly downtimeMs: number;
}

const dayMs = 86_400_000;

/** 30 days and 20 % are the teams' own; a day for backups is one cycle of them. */
export const defaultLimits: Limits = {
  provenBackupWithinMs: dayMs,
  keepBackupsMs: 30 * dayMs,
  dnsTtlSeconds: 300,
  costPercent: 20,
  downtimeMs: 60_000,
};

export interface Policy {
  readonly never: readonly PolicyRule[];
  readonly ask: readonly PolicyRule[];
  readonly always: readonly PolicyRule[];
  readonly budgets: Budgets;
  /** How long an approval waits before it expires. */
  readonly approvalTtlMs: number;
  readonly fourEyes: boolean;
  /** Where left out, what was measured decides. */
  readonly peakHours?: Hours;
  /** Of the team, for hours; UTC where left out. */
  readonly timezone?: string;
  readonly limits?: Limits;
}

/**
 * Whether a rule is about this plan at this moment.
 * @param strict of `never` and `ask`: what is unknown counts as the case; of `always` it does not
 */
export function covers(
  rule: PolicyRule,
  plan: Pick<Plan, 'action' | 'target'>,
  facts: GuardFacts,
  policy: Policy,
  strict: boolean,
): boolean {
  return (
    matches(rule.action, plan.action) &&
    matches(rule.target, plan.target) &&
    (rule.environment === undefined ||
      (facts.environment === null ? strict : rule.environment === facts.environment)) &&
    (rule.frozen === undefined || facts.frozen !== '') &&
    (rule.level === undefined || isAsBad(facts.incidentLevel, rule.level)) &&
    (rule.hours === undefined || isHour(rule.hours, facts, policy, strict))
  );
}

function isAsBad(level: Level | 'none', least: Level): boolean {
  return level !== 'none' && levels.indexOf(level) <= levels.indexOf(least);
}

function isHour({ of }: Hours, facts: GuardFacts, { timezone = 'UTC' }: Policy, strict: boolean): boolean {
  if (typeof of !== 'string') return isWithin(of, facts.now, timezone);
  return facts.isPeak === null ? strict : facts.isPeak === (of === 'peak');
}

export function isUsedUp({ budget }: PolicyRule, facts: GuardFacts): boolean {
  if (budget === undefined) return false;
  return (budget.per === 'hour' ? facts.appliedActionLastHour : facts.appliedActionLastDay) >= budget.count;
}

/** `*` stands for any run of characters. */
export function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}

export function describeRule(rule: PolicyRule): string {
  const parts = [
    rule.action,
    rule.target === '*' ? '' : ` on ${rule.target}`,
    rule.environment === undefined ? '' : ` in ${rule.environment}`,
    rule.hours === undefined ? '' : ` at ${rule.hours.text}`,
    rule.level === undefined ? '' : ` in ${rule.level} incidents or worse`,
    rule.frozen ? ' while an error budget is spent' : '',
    rule.budget === undefined
      ? ''
      : `, ${rule.budget.count} an ${rule.budget.per}`.replace('an day', 'a day'),
    rule.why === undefined ? '' : ` (${rule.why})`,
  ];
  return parts.join('');
}
