/** `guard:` */
import { backupActions } from '../core/backup/actions.ts';
import { defaultLimits } from '../core/guard/policy.ts';
import type { Budgets, Limits, Policy, PolicyRule } from '../core/guard.ts';
import type { SystemEntry } from '../core/system.ts';
import { type Field, list, report, rootField, section, shown } from './field.ts';
import { hours, policyNames, readPolicyRule } from './guard-rule.ts';
import { sortProblems } from './problem.ts';
import { openSource } from './source.ts';
import { duration, flag, oneOf, share, wholeNumber } from './values.ts';

const defaultBudgets = { perTargetPerHour: 4, perIncident: 2, perDay: 20 };
const defaultApprovalTtlMs = 30 * 60_000;
const mostActions = 10_000;

const keys = ['never', 'ask', 'always', 'peakHours', 'limits', 'budgets', 'approvalTtl', 'fourEyes'];

export function readPolicy(
  field: Field | undefined,
  systems: readonly SystemEntry[],
  targets: readonly string[],
  timezone: string,
): Policy {
  const part = field && section(field, keys);
  const names = policyNames(systems, targets);
  const rules = (key: 'never' | 'ask' | 'always'): PolicyRule[] => {
    const listField = part?.get(key);
    return listField ? list(listField).flatMap((item) => readPolicyRule(item, names, key) ?? []) : [];
  };
  const [never, asked, always] = [rules('never'), rules('ask'), rules('always')];
  const [ttlField, eyesField, peakField] = [
    part?.get('approvalTtl'),
    part?.get('fourEyes'),
    part?.get('peakHours'),
  ];
  const peakHours = peakField && hours(peakField);
  if (peakField && typeof peakHours?.of === 'string')
    report(peakField, `${shown(peakField)} says nothing here`, 'write 09:00-17:00 Mon-Fri');
  return {
    ...{ never, ask: [...asked, ...unasked([...never, ...asked, ...always])], always },
    budgets: readBudgets(part?.get('budgets')),
    approvalTtlMs: (ttlField && duration(ttlField, { min: 1_000, usual: 'm' })) ?? defaultApprovalTtlMs,
    fourEyes: (eyesField && flag(eyesField)) ?? false,
    ...(peakHours ? { peakHours } : {}),
    timezone,
    limits: readLimits(part?.get('limits')),
  };
}

/** No pattern reaches them: who wants backups removed without being asked names that action word for word. */
function unasked(rules: readonly PolicyRule[]): PolicyRule[] {
  return backupActions
    .filter(({ id }) => !rules.some(({ action }) => action === id))
    .map(({ id }) => ({ action: id, target: '*', why: 'as long as no line names it' }));
}

/** A policy of its own, as it would stand below `guard:` or as a whole file with that key, for a rehearsal. */
export function readPolicyText(
  source: string,
  systems: readonly SystemEntry[],
  targets: readonly string[],
  timezone: string,
): { readonly policy: Policy } | { readonly problems: readonly string[] } {
  const opened = openSource({
    file: 'policy',
    text: source,
    variable: () => undefined,
    variableNames: () => [],
    secretFile: () => {
      throw new Error('a policy has no secrets');
    },
  });
  const root = opened.document && rootField(opened);
  const guard = root && (section(root)?.get('guard') ?? root);
  const policy = readPolicy(guard, systems, targets, timezone);
  if (guard && opened.problems.length === 0) return { policy };
  return {
    problems: sortProblems(opened.problems).map(
      ({ line, col, path, message, hint }) =>
        `${line}:${col} ${path === '' ? '' : `${path}: `}${message}${hint === undefined ? '' : ` (${hint})`}`,
    ),
  };
}

function readBudgets(field: Field | undefined): Budgets {
  const part = field && section(field, [...Object.keys(defaultBudgets), 'whenUsedUp']);
  const then = part?.get('whenUsedUp');
  const whenUsedUp = then && oneOf(then, ['ask', 'deny']);
  const count = (key: keyof typeof defaultBudgets): number => {
    const countField = part?.get(key);
    return (countField && wholeNumber(countField, { min: 0, max: mostActions })) ?? defaultBudgets[key];
  };
  return {
    perTargetPerHour: count('perTargetPerHour'),
    perIncident: count('perIncident'),
    perDay: count('perDay'),
    ...(whenUsedUp ? { whenUsedUp } : {}),
  };
}

function readLimits(field: Field | undefined): Limits {
  const part =
    field && section(field, ['provenBackupWithin', 'keepBackups', 'dnsTtl', 'costIncrease', 'downtime']);
  const span = (key: string, bounds: { min: number; usual: string }): number | undefined => {
    const one = part?.get(key);
    return one && duration(one, bounds);
  };
  const ttlMs = span('dnsTtl', { min: 1_000, usual: 's' });
  const costField = part?.get('costIncrease');
  const cost = costField && share(costField);
  return {
    provenBackupWithinMs:
      span('provenBackupWithin', { min: 3_600_000, usual: 'h' }) ?? defaultLimits.provenBackupWithinMs,
    // Thirty days are the least: a team may keep them longer.
    keepBackupsMs:
      span('keepBackups', { min: defaultLimits.keepBackupsMs, usual: 'd' }) ?? defaultLimits.keepBackupsMs,
    dnsTtlSeconds: ttlMs === undefined ? defaultLimits.dnsTtlSeconds : Math.round(ttlMs / 1_000),
    costPercent: cost === undefined ? defaultLimits.costPercent : cost * 100,
    downtimeMs: span('downtime', { min: 0, usual: 'm' }) ?? defaultLimits.downtimeMs,
  };
}
