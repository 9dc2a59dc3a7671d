/** What is known at the moment of a judgement. Null is unknown: it denies or asks, it never allows. */
import type { Facts, Plan, Touch } from '../plan.ts';
import type { Level } from '../severity.ts';

export interface GuardFacts extends Facts {
  /** When it was judged, epoch milliseconds. */
  readonly now: number;
  readonly environment: string | null;
  /** Null where no environment is declared. */
  readonly isProduction: boolean | null;
  /** From `guard.peakHours`, else from what was measured. */
  readonly isPeak: boolean | null;
  /** Whether a planned maintenance window that covers the target is open. */
  readonly isWindowOpen: boolean | null;
  readonly incidentLevel: Level | 'none';
  /** A person proposed it or said yes to it; a token or a model is none. */
  readonly isByPerson: boolean;
  /** What of the incident it is for: `postgres.blocked-by-lock on db`; null where no finding recommends it. */
  readonly cause: string | null;
  /** By Upkeep itself, as the two that follow. */
  readonly appliedOnTargetLastHour: number;
  /** For the same cause. */
  readonly appliedForIncident: number;
  readonly appliedLastDay: number;
  /** Of this action on this target, by anybody. */
  readonly appliedActionLastHour: number;
  readonly appliedActionLastDay: number;
  /** Failed verifications of this action on this target since the last good one. */
  readonly failedInARow: number;
  /** Services that the target reaches whose error budget is spent and whose policy freezes changes: `shop, blog`; empty for none. */
  readonly frozen: string;
  /** 0 it exists, 1 checksums, 2 logs without gaps, 3 restored, 4 structure checked, 5 content equal, 6 used by the application. */
  readonly provenRestoreLevel: number | null;
  readonly provenRestoreAt: number | null;
  readonly youngestBackupAt: number | null;
  readonly hasRollbackPlan: boolean | null;
  readonly protection: 'kept' | 'weakened' | null;
  readonly exposesPort: boolean | null;
  readonly testedInStaging: boolean | null;
  readonly dnsTtlSeconds: number | null;
  readonly costChangePercent: number | null;
  /** Rules in force on the target. */
  readonly rulesOnTarget: number | null;
}

/** What the plan itself says; the rest is found by whoever judges. */
export type PlanFacts = Pick<
  GuardFacts,
  | 'hasRollbackPlan'
  | 'protection'
  | 'exposesPort'
  | 'testedInStaging'
  | 'dnsTtlSeconds'
  | 'costChangePercent'
  | 'youngestBackupAt'
>;

export function factsOfPlan({ undo, found, costChangePercent }: Plan): PlanFacts {
  return {
    hasRollbackPlan: undo.possible,
    protection: found?.protection ?? null,
    exposesPort: found?.exposesPort ?? null,
    testedInStaging: found?.testedInStaging ?? null,
    dnsTtlSeconds: found?.dnsTtlSeconds ?? null,
    youngestBackupAt: found?.youngestBackupAt ?? null,
    costChangePercent: costChangePercent ?? null,
  };
}

/** Declared names of what users work with. */
export function isProductionName(environment: string | null): boolean | null {
  return environment === null ? null : /^(prod|production|live)([-_.].*)?$/i.test(environment);
}

export interface FactLine {
  readonly name: string;
  /** In words. */
  readonly what: string;
  readonly value: Facts[string];
  readonly isKnown: boolean;
  /** Where it comes from, or what would make it known. */
  readonly source: string;
  /** Nobody knows it, and nothing that the plan touches asks for it. */
  readonly doesNotApply?: true;
}

const counted = 'counted in the store';
const uncounted = 'recorded before this was counted';
const ofPlan = 'said by the plan';
const noPlan = 'the plan does not say';
const sources: Readonly<Record<string, readonly [what: string, known: string, unknown: string]>> = {
  now: ['moment', 'the clock', uncounted],
  environment: [
    'environment',
    'environment: of the target or the file',
    'declare environment: for the target',
  ],
  isProduction: ['production', 'by the name of the environment', 'declare environment: for the target'],
  isPeak: [
    'peak hours',
    'guard.peakHours, else the measured traffic',
    'declare guard.peakHours, or measure traffic for a week',
  ],
  isWindowOpen: [
    'maintenance window open',
    'maintenance: and windows planned by hand',
    'the windows could not be read',
  ],
  incidentLevel: ['level of the incident', 'the incident it is for', uncounted],
  isByPerson: ['asked for or approved by a person', 'who proposed and who said yes', uncounted],
  cause: ['cause in the incident', 'the finding that recommends it', 'no finding recommends it'],
  appliedOnTargetLastHour: ['applied by Upkeep itself on the target in an hour', counted, uncounted],
  appliedForIncident: ['applied by Upkeep itself for this cause', counted, uncounted],
  appliedLastDay: ['applied by Upkeep itself in a day', counted, uncounted],
  appliedActionLastHour: ['this action here in an hour', counted, uncounted],
  appliedActionLastDay: ['this action here in a day', counted, uncounted],
  failedInARow: ['failed in a row', counted, uncounted],
  frozen: ['services with a spent error budget', 'measured', uncounted],
  provenRestoreLevel: ['level of the last proven restore', 'drills', 'no verified backup is known'],
  provenRestoreAt: ['last proven restore', 'drills', 'no verified backup is known'],
  youngestBackupAt: ['youngest backup it deletes', ofPlan, noPlan],
  hasRollbackPlan: ['rollback plan', ofPlan, noPlan],
  protection: ['TLS and firewall afterwards', ofPlan, noPlan],
  exposesPort: ['opens a port to the internet', ofPlan, noPlan],
  testedInStaging: ['tested in staging', ofPlan, 'nobody recorded a test in staging'],
  dnsTtlSeconds: ['TTL of the record in seconds', ofPlan, noPlan],
  costChangePercent: ['change of cost in percent', ofPlan, noPlan],
  rulesOnTarget: ['rules in force on the target', 'the configuration', 'the target is not watched'],
};

/** Of which plans a fact is asked; the others are asked of every plan. */
const askedOf: Readonly<Record<string, readonly (Touch | 'destructive')[]>> = {
  provenRestoreLevel: [
    'destructive',
    'database-destructive',
    'schema-migration',
    'resize',
    'backup-deletion',
  ],
  provenRestoreAt: ['destructive', 'database-destructive', 'schema-migration', 'resize', 'backup-deletion'],
  youngestBackupAt: ['backup-deletion'],
  protection: ['tls', 'firewall'],
  exposesPort: ['port-exposure'],
  testedInStaging: ['deploy', 'schema-migration', 'production-change', 'resize'],
  dnsTtlSeconds: ['dns'],
  costChangePercent: ['resize', 'deploy'],
};

/** Each fact with its value, whether it is known, and from where. */
export function factLines(
  facts: Partial<GuardFacts>,
  { risk, touches = [] }: Pick<Plan, 'risk' | 'touches'>,
): FactLine[] {
  const asking = new Set<string>([...touches, risk]);
  return Object.entries(sources).map(([name, [what, known, unknown]]) => {
    const value = facts[name] ?? null;
    const isIdle = value === null && askedOf[name]?.some((touch) => asking.has(touch)) === false;
    return {
      ...{ name, what, value, isKnown: value !== null, source: value === null ? unknown : known },
      ...(isIdle ? { doesNotApply: true as const } : {}),
    };
  });
}
