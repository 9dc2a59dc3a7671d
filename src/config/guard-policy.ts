/** `guard:` */
import { isMap } from 'yaml';
import type { Budgets, Policy, PolicyRule } from '../core/guard.ts';
import { hintFor } from '../core/suggest.ts';
import type { SystemEntry } from '../core/system.ts';
import { type Field, list, report, reportKey, resolved, section, shown, text } from './field.ts';
import { duration, flag, wholeNumber } from './values.ts';

const defaultBudgets: Budgets = { perTargetPerHour: 4, perIncident: 2, perDay: 20 };
const defaultApprovalTtlMs = 30 * 60_000;
const mostActions = 10_000;

interface Names {
  readonly actions: readonly string[];
  readonly kinds: readonly string[];
  readonly targets: readonly string[];
}

export function readPolicy(
  field: Field | undefined,
  systems: readonly SystemEntry[],
  targets: readonly string[],
): Policy {
  const part = field && section(field, ['never', 'ask', 'always', 'budgets', 'approvalTtl', 'fourEyes']);
  const names: Names = {
    actions: systems.flatMap((system) => system.actions.map((action) => action.id)),
    kinds: systems.map((system) => system.kind),
    targets,
  };
  const rules = (key: 'never' | 'ask' | 'always'): PolicyRule[] => {
    const listField = part?.get(key);
    return listField ? list(listField).flatMap((item) => readPolicyRule(item, names) ?? []) : [];
  };
  const [ttlField, eyesField] = [part?.get('approvalTtl'), part?.get('fourEyes')];
  return {
    never: rules('never'),
    ask: rules('ask'),
    always: rules('always'),
    budgets: readBudgets(part?.get('budgets')),
    approvalTtlMs: (ttlField && duration(ttlField, { min: 1_000, usual: 'm' })) ?? defaultApprovalTtlMs,
    fourEyes: (eyesField && flag(eyesField)) ?? false,
  };
}

function readPolicyRule(field: Field, names: Names): PolicyRule | undefined {
  if (isMap(resolved(field))) {
    const part = section(field, ['action', 'target', 'environment', 'frozen', 'why']);
    const [actionField, targetField] = [part?.get('action'), part?.get('target')];
    if (!actionField) return reportKey(field, 'names no action', "an action's id, postgres.* or *");
    const [environmentField, whyField] = [part?.get('environment'), part?.get('why')];
    const environment = environmentField && text(environmentField);
    const why = whyField && text(whyField);
    const frozenField = part?.get('frozen');
    const isFrozen = frozenField && flag(frozenField);
    return checked(names, {
      action: { field: actionField, name: text(actionField) },
      target: targetField ? { field: targetField, name: text(targetField) } : { field, name: '*' },
      rest: {
        ...(environment === undefined ? {} : { environment }),
        ...(isFrozen ? { frozen: true as const } : {}),
        ...(why === undefined ? {} : { why }),
      },
    });
  }
  const source = text(field);
  if (source === undefined) return undefined;
  const [action, target, ...more] = source.trim().split(/\s+on\s+/);
  if (more.length > 0 || /\s/.test(action ?? '') || /\s/.test(target ?? '')) {
    return report(
      field,
      'is no rule of a policy',
      "write 'postgres.terminate-backend on db' or 'postgres.*'",
    );
  }
  return checked(names, {
    action: { field, name: action },
    target: { field, name: target ?? '*' },
    rest: {},
  });
}

interface Named {
  readonly field: Field;
  readonly name: string | undefined;
}

/** The name alone where it stands in the file, the variable where a variable gave it. */
function said({ field, name }: Named): string {
  const raw = shown(field);
  return name !== undefined && raw.includes(name) ? name : raw;
}

/** A misspelt `never` would protect nothing, so what a pattern names must exist. */
function checked(
  names: Names,
  parts: { action: Named; target: Named; rest: Pick<PolicyRule, 'environment' | 'frozen' | 'why'> },
): PolicyRule | undefined {
  const { action, target, rest } = parts;
  if (action.name === undefined || target.name === undefined) return undefined;
  const kind = action.name.split('.')[0] ?? '';
  if (!action.name.includes('*') && !names.actions.includes(action.name)) {
    return report(action.field, `there is no action ${said(action)}`, hintFor(action.name, names.actions));
  }
  if (!kind.includes('*') && !names.kinds.includes(kind)) {
    return report(
      action.field,
      `there is no system ${said({ ...action, name: kind })}`,
      hintFor(kind, names.kinds),
    );
  }
  if (!target.name.includes('*') && !names.targets.includes(target.name)) {
    return report(target.field, `there is no target ${said(target)}`, hintFor(target.name, names.targets));
  }
  return { action: action.name, target: target.name, ...rest };
}

function readBudgets(field: Field | undefined): Budgets {
  const part = field && section(field, Object.keys(defaultBudgets));
  const count = (key: keyof Budgets): number => {
    const countField = part?.get(key);
    return (countField && wholeNumber(countField, { min: 0, max: mostActions })) ?? defaultBudgets[key];
  };
  return {
    perTargetPerHour: count('perTargetPerHour'),
    perIncident: count('perIncident'),
    perDay: count('perDay'),
  };
}
