/** Facts of which nothing is known, and of which everything speaks for a plan; test data. */
import type { GuardFacts } from '../src/core/guard/facts.ts';

const now = Date.parse('2026-03-04T12:00:00Z');

export const unknownFacts: GuardFacts = {
  ...{ now, environment: null, isProduction: null, isPeak: null, isWindowOpen: null, incidentLevel: 'none' },
  ...{
    isByPerson: false,
    cause: null,
    appliedOnTargetLastHour: 0,
    appliedForIncident: 0,
    appliedLastDay: 0,
    appliedActionLastHour: 0,
  },
  ...{
    appliedActionLastDay: 0,
    failedInARow: 0,
    frozen: '',
    provenRestoreLevel: null,
    provenRestoreAt: null,
  },
  ...{ youngestBackupAt: null, hasRollbackPlan: null, protection: null, exposesPort: null },
  ...{ testedInStaging: null, dnsTtlSeconds: null, costChangePercent: null, rulesOnTarget: null },
};

export const clearFacts: GuardFacts = {
  ...unknownFacts,
  ...{
    environment: 'staging',
    isProduction: false,
    isPeak: false,
    isWindowOpen: true,
    provenRestoreLevel: 4,
  },
  ...{ provenRestoreAt: now - 3_600_000, youngestBackupAt: now - 40 * 86_400_000, hasRollbackPlan: true },
  ...{
    protection: 'kept',
    exposesPort: false,
    testedInStaging: true,
    dnsTtlSeconds: 60,
    costChangePercent: 0,
  },
  rulesOnTarget: 3,
};
