/**
 * What no policy lifts: a plan that touches such a thing is denied or asked for unless the facts clear it. The teams'
 * own words are the `text`; each goes by facts, and an unknown fact clears nothing.
 */

import type { Plan, Touch } from '../plan.ts';
import { formatDuration } from '../time.ts';
import type { GuardFacts } from './facts.ts';
import { defaultLimits, type Limits } from './policy.ts';

export type Touching = Pick<Plan, 'action' | 'risk' | 'touches' | 'downtimeMs'>;

export interface Verdict {
  readonly kind: 'deny' | 'ask';
  readonly reason: string;
}

export interface Prohibition {
  /** Stable: `no-destruction-without-backup`. */
  readonly id: string;
  readonly text: string;
  /** Of which plans it speaks. */
  concerns(touches: ReadonlySet<Touch>, plan: Touching): boolean;
  /** Undefined where the facts clear the plan. */
  judge(facts: GuardFacts, limits: Limits, plan: Touching): Verdict | undefined;
}

/** Restored and started, at least. */
const provenLevel = 3;
const databases = /^(postgres|mysql|mariadb|tidb|redis|valkey|mongodb|opensearch|elasticsearch|firestore)\./;

/** An action that forgets to say what it touches is not allowed more for it. */
export function touchesOf(plan: Touching): ReadonlySet<Touch> {
  const declared = new Set(plan.touches ?? []);
  if (plan.risk === 'destructive' && databases.test(plan.action)) declared.add('database-destructive');
  return declared;
}

const deny = (reason: string): Verdict => ({ kind: 'deny', reason });
const ask = (reason: string): Verdict => ({ kind: 'ask', reason });

export function isBackupProven(facts: GuardFacts, limits: Limits): boolean {
  const { provenRestoreLevel: level, provenRestoreAt: at } = facts;
  if (level === null || at === null) return false;
  const age = facts.now - at;
  return level >= provenLevel && age >= 0 && age <= limits.provenBackupWithinMs;
}

export const prohibitions: readonly Prohibition[] = [
  {
    id: 'no-destruction-without-backup',
    text: 'no destructive database operation without a verified backup',
    concerns: (touches) => touches.has('database-destructive'),
    judge(facts, limits) {
      if (isBackupProven(facts, limits)) return undefined;
      if (facts.provenRestoreLevel === null || facts.provenRestoreAt === null)
        return deny('no verified backup is known');
      return deny(
        `the last proven restore (level ${facts.provenRestoreLevel}) is ${formatDuration(facts.now - facts.provenRestoreAt)} old; level ${provenLevel} within ${formatDuration(limits.provenBackupWithinMs)} is needed`,
      );
    },
  },
  {
    id: 'no-change-in-peak-hours',
    text: 'no change to production in peak hours without approval',
    concerns: (touches) => touches.size > 0,
    judge({ isProduction, isPeak }) {
      if (isProduction === false || isPeak === false) return undefined;
      const where = isProduction === null ? 'perhaps production (no environment is declared)' : 'production';
      return ask(isPeak === null ? `peak hours are unknown, ${where}` : `peak hours, ${where}`);
    },
  },
  {
    id: 'no-weaker-protection',
    text: 'TLS and firewalls are never turned off',
    concerns: (touches) => touches.has('tls') || touches.has('firewall'),
    judge: ({ protection }) =>
      protection === 'kept'
        ? undefined
        : deny(protection === null ? 'whether protection is kept is unknown' : 'protection would be weaker'),
  },
  {
    id: 'no-public-database-port',
    text: 'database ports are never exposed publicly',
    concerns: (touches) => touches.has('port-exposure'),
    judge: ({ exposesPort }) =>
      exposesPort === false
        ? undefined
        : deny(
            exposesPort === null
              ? 'who could reach the port is unknown'
              : 'a port would be open to the internet',
          ),
  },
  {
    id: 'no-young-backup-deleted',
    text: 'backups younger than 30 days are never deleted',
    concerns: (touches) => touches.has('backup-deletion'),
    judge({ youngestBackupAt, now }, { keepBackupsMs }) {
      if (youngestBackupAt === null) return deny('the age of what would be deleted is unknown');
      const age = now - youngestBackupAt;
      return age >= keepBackupsMs
        ? undefined
        : deny(`the youngest is ${formatDuration(age)} old; ${formatDuration(keepBackupsMs)} are kept`);
    },
  },
  {
    id: 'no-migration-without-rollback',
    text: 'no schema migration without a rollback plan',
    concerns: (touches) => touches.has('schema-migration'),
    judge: ({ hasRollbackPlan }) =>
      hasRollbackPlan === true ? undefined : deny('there is no rollback plan'),
  },
  {
    id: 'no-dns-change-without-ttl',
    text: 'no DNS change without regard to the TTL',
    concerns: (touches) => touches.has('dns'),
    judge({ dnsTtlSeconds }, limits) {
      if (dnsTtlSeconds === null) return deny('the TTL of the record is unknown');
      return dnsTtlSeconds >= 0 && dnsTtlSeconds <= limits.dnsTtlSeconds
        ? undefined
        : ask(
            `the TTL is ${dnsTtlSeconds} s: lower it first and wait that long, or the old answer stays so long`,
          );
    },
  },
  {
    id: 'no-resize-outside-window',
    text: 'databases are resized only in a maintenance window',
    concerns: (touches) => touches.has('resize'),
    judge: ({ isWindowOpen }) => (isWindowOpen === true ? undefined : deny('no maintenance window is open')),
  },
  {
    id: 'no-untested-deployment',
    text: 'nothing is deployed without testing',
    concerns: (touches) => touches.has('deploy'),
    judge({ testedInStaging }) {
      if (testedInStaging === true) return undefined;
      return testedInStaging === null
        ? ask('whether it was tested in staging is unknown')
        : deny('it was not tested in staging');
    },
  },
  {
    id: 'ask-for-cost',
    text: 'cost increases over 20 % ask first',
    concerns: () => true,
    judge({ costChangePercent }, { costPercent }, plan) {
      if (costChangePercent === null)
        return touchesOf(plan).has('resize') ? ask('what it changes in cost is unknown') : undefined;
      return costChangePercent <= costPercent ? undefined : ask(`the cost rises by ${costChangePercent} %`);
    },
  },
  {
    id: 'ask-for-downtime',
    text: 'significant downtime asks first',
    concerns: (_, { downtimeMs }) => downtimeMs !== undefined,
    judge({ isWindowOpen }, limits, { downtimeMs = Number.NaN }) {
      if (downtimeMs <= limits.downtimeMs || isWindowOpen === true) return undefined;
      return ask(`users go without for ${formatDuration(downtimeMs)}, and no maintenance window is open`);
    },
  },
];

/** What stands against a plan, in the order of the table. */
export function prohibited(
  plan: Touching,
  facts: GuardFacts,
  limits: Limits = defaultLimits,
): (Verdict & { readonly rule: string })[] {
  const touches = touchesOf(plan);
  return prohibitions.flatMap(({ id, text, concerns, judge }) => {
    const found = concerns(touches, plan) ? judge(facts, limits, plan) : undefined;
    return found ? [{ kind: found.kind, rule: id, reason: `${text}: ${found.reason}` }] : [];
  });
}
