/** One line of `guard.never`, `ask` or `always`. */
import { isMap } from 'yaml';
import { backupActions } from '../core/backup/actions.ts';
import { type Hours, parseHours } from '../core/guard/hours.ts';
import type { PolicyRule } from '../core/guard.ts';
import { levels } from '../core/severity.ts';
import { hintFor } from '../core/suggest.ts';
import type { SystemEntry } from '../core/system.ts';
import { type Field, report, reportKey, resolved, section, shown, text } from './field.ts';
import { flag, oneOf } from './values.ts';

export interface PolicyNames {
  readonly actions: readonly string[];
  readonly kinds: readonly string[];
  readonly targets: readonly string[];
}

export function policyNames(systems: readonly SystemEntry[], targets: readonly string[]): PolicyNames {
  return {
    actions: [...systems.flatMap((system) => system.actions), ...backupActions].map(({ id }) => id),
    kinds: systems.map((system) => system.kind),
    targets,
  };
}

const keys = ['action', 'target', 'environment', 'hours', 'level', 'budget', 'frozen', 'why'];

/** @param list `never`, `ask` or `always`: only what is always allowed has a budget of its own */
export function readPolicyRule(field: Field, names: PolicyNames, list: string): PolicyRule | undefined {
  if (!isMap(resolved(field))) return readShortRule(field, names);
  const part = section(field, keys);
  const [actionField, targetField] = [part?.get('action'), part?.get('target')];
  if (!actionField) return reportKey(field, 'names no action', "an action's id, postgres.* or *");
  const read = <T>(key: string, reader: (one: Field) => T | undefined): T | undefined => {
    const one = part?.get(key);
    return one && reader(one);
  };
  const budgetField = part?.get('budget');
  if (budgetField && list !== 'always')
    return reportKey(budgetField, 'has no meaning here', 'budget belongs to a line of always');
  const rest = {
    environment: read('environment', text),
    hours: read('hours', hours),
    level: read('level', (one) => oneOf(one, levels)),
    budget: read('budget', budget),
    frozen: read('frozen', flag) ? (true as const) : undefined,
    why: read('why', text),
  };
  // A line whose condition cannot be read would hold at all times.
  if (
    (part?.get('hours') && !rest.hours) ||
    (part?.get('level') && !rest.level) ||
    (budgetField && !rest.budget)
  )
    return undefined;
  return checked(names, {
    action: { field: actionField, name: text(actionField) },
    target: targetField ? { field: targetField, name: text(targetField) } : { field, name: '*' },
    rest: Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
  });
}

function readShortRule(field: Field, names: PolicyNames): PolicyRule | undefined {
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

/** Hours of the week: `09:00-17:00 Mon-Fri`, several with `;` between them, `peak`, `off-peak`. */
export function hours(field: Field): Hours | undefined {
  const source = text(field);
  if (source === undefined) return undefined;
  return (
    parseHours(source) ??
    report(field, `${shown(field)} are no hours`, 'write 09:00-17:00 Mon-Fri, Sat,Sun, peak or off-peak')
  );
}

function budget(field: Field): PolicyRule['budget'] | undefined {
  const source = text(field);
  if (source === undefined) return undefined;
  const [, count, per] = /^\s*(\d{1,4})\s*(?:\/|an?|per)\s*(h|hour|d|day)\s*$/.exec(source) ?? [];
  if (count === undefined || per === undefined)
    return report(field, `${shown(field)} is no budget`, 'write 3/hour or 10/day');
  return { count: Number(count), per: per.startsWith('h') ? 'hour' : 'day' };
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
  names: PolicyNames,
  parts: { action: Named; target: Named; rest: Omit<PolicyRule, 'action' | 'target'> },
): PolicyRule | undefined {
  const { action, target, rest } = parts;
  if (action.name === undefined || target.name === undefined) return undefined;
  const isKnown = isKnownAction(names, { ...action, name: action.name });
  if (!target.name.includes('*') && !names.targets.includes(target.name))
    return report(target.field, `there is no target ${said(target)}`, hintFor(target.name, names.targets));
  return isKnown ? { action: action.name, target: target.name, ...rest } : undefined;
}

/** False where it was reported. */
function isKnownAction(
  names: PolicyNames,
  action: { readonly field: Field; readonly name: string },
): boolean {
  const kind = action.name.split('.')[0] ?? '';
  if (!action.name.includes('*') && !names.actions.includes(action.name)) {
    report(action.field, `there is no action ${said(action)}`, hintFor(action.name, names.actions));
    return false;
  }
  const isPractised = backupActions.some(({ id }) => id.startsWith(`${kind}.`));
  if (kind.includes('*') || isPractised || names.kinds.includes(kind)) return true;
  report(action.field, `there is no system ${said({ ...action, name: kind })}`, hintFor(kind, names.kinds));
  return false;
}
