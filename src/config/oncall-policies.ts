/** `oncall.policies`, `oncall.escalation`, `oncall.services` and `oncall.clocks` */

import { isScalar } from 'yaml';
import type { Configuration, EscalationStep } from '../core/configuration.ts';
import type { EscalationPolicy, LevelClocks, OnCall } from '../core/oncall/model.ts';
import { grouped } from '../core/oncall/policy.ts';
import { type Level, levels } from '../core/severity.ts';
import { type Field, isNothing, list, report, reportKey, resolved, scalar, section } from './field.ts';
import { checkName } from './targets.ts';
import { duration, reference, references, wholeNumber } from './values.ts';

/** What a step may name. */
export interface Callable {
  readonly names: readonly string[];
  /** In a message: `notifier, person or rotation`. */
  readonly what: string;
}

export function readPolicies(
  field: Field | undefined,
  callable: Callable,
): { policies: EscalationPolicy[]; names: string[] } {
  const fields = (field && section(field)?.all) ?? [];
  return {
    policies: fields.flatMap((one) => readPolicy(one, callable) ?? []),
    names: fields.map((one) => one.name),
  };
}

function readPolicy(field: Field, callable: Callable): EscalationPolicy | undefined {
  checkName(field);
  const part = section(field, ['steps', 'repeat', 'unacknowledgeAfter']);
  if (part === undefined) return undefined;
  const [stepsField, repeatField, againField] = ['steps', 'repeat', 'unacknowledgeAfter'].map(part.get);
  if (!stepsField || list(stepsField).length === 0)
    return reportKey(field, 'has no steps', 'write steps: [{ notify: primary }]');
  const steps = grouped(readSteps(stepsField, callable));
  return {
    name: field.name,
    steps,
    repeat: (repeatField && readRepeat(repeatField, steps.at(-1)?.afterMs ?? 0)) ?? null,
    unacknowledgeAfterMs: (againField && duration(againField, { min: 60_000 })) ?? null,
  };
}

function readRepeat(field: Field, lastMs: number): EscalationPolicy['repeat'] | undefined {
  const part = section(field, ['times', 'every']);
  const [timesField, everyField] = [part?.get('times'), part?.get('every')];
  if (part && !everyField) return reportKey(field, 'does not say when', 'write { times: 2, every: 30m }');
  const everyMs = everyField && duration(everyField, { min: 60_000 });
  const times = timesField ? wholeNumber(timesField, { min: 1, max: 100 }) : 1;
  if (everyField && everyMs !== undefined && everyMs <= lastMs)
    return report(everyField, 'begins again before the last step', 'make it longer than the last after');
  return everyMs === undefined || times === undefined ? undefined : { times, everyMs };
}

function readSteps(field: Field, callable: Callable): EscalationStep[] {
  return list(field)
    .flatMap((item) => readStep(item, callable))
    .sort((a, b) => a.afterMs - b.afterMs);
}

function readStep(field: Field, callable: Callable): EscalationStep[] {
  const part = section(field, ['notify', 'after']);
  if (part === undefined) return [];
  const [notifyField, afterField] = [part.get('notify'), part.get('after')];
  if (!notifyField) {
    reportKey(field, 'names nobody', 'write { notify: NAME, after: 0s }');
    return [];
  }
  const afterMs = afterField ? duration(afterField) : 0;
  const found = references(notifyField, callable.what, callable.names);
  return afterMs === undefined ? [] : found.map((notify) => ({ notify, afterMs }));
}

/** A level names a policy or has its steps written out. Where nothing is said, every level goes to every notifier. */
export function readEscalation(
  field: Field | undefined,
  about: {
    readonly notifiers: readonly string[];
    readonly callable: Callable;
    readonly policies: readonly EscalationPolicy[];
    readonly policyNames: readonly string[];
  },
): { escalation: Configuration['escalation']; policyOf: OnCall['policyOf'] } {
  const part = field && section(field, levels);
  const policyOf: Partial<Record<Level, string>> = {};
  const steps = (level: Level): readonly EscalationStep[] => {
    if (part === undefined) return about.notifiers.map((notify) => ({ notify, afterMs: 0 }));
    const levelField = part.get(level);
    if (!levelField) return [];
    if (!isScalar(resolved(levelField)) || isNothing(resolved(levelField)))
      return readSteps(levelField, about.callable);
    const name = reference(levelField, 'policy', about.policyNames);
    if (name === undefined) return [];
    policyOf[level] = name;
    const policy = about.policies.find((one) => one.name === name);
    return (policy?.steps ?? []).flatMap(({ notify, afterMs }) =>
      notify.map((one) => ({ notify: one, afterMs })),
    );
  };
  const escalation = {
    critical: steps('critical'),
    high: steps('high'),
    medium: steps('medium'),
    low: steps('low'),
  };
  return { escalation, policyOf };
}

export function readServicePolicies(
  field: Field | undefined,
  services: readonly string[],
  policies: readonly string[],
): OnCall['services'] {
  const fields = (field && section(field)?.all) ?? [];
  return Object.fromEntries(
    fields.flatMap((one) => {
      if (!services.includes(one.name)) reportKey(one, `there is no service "${one.name}"`);
      if (isScalar(resolved(one))) {
        const name = reference(one, 'policy', policies);
        return name === undefined
          ? []
          : [[one.name, Object.fromEntries(levels.map((level) => [level, name]))]];
      }
      const byLevel = (section(one, levels)?.all ?? []).flatMap((child) => {
        const name = reference(child, 'policy', policies);
        return name === undefined ? [] : [[child.name, name] as const];
      });
      return [[one.name, Object.fromEntries(byLevel)]];
    }),
  );
}

export function readClocks(field: Field | undefined): OnCall['clocks'] {
  const fields = (field && section(field, levels)?.all) ?? [];
  return Object.fromEntries(fields.map((one) => [one.name, readLevelClocks(one)]));
}

function readLevelClocks(field: Field): LevelClocks {
  const part = section(field, ['respond', 'resolve']);
  const [respondField, resolveField] = [part?.get('respond'), part?.get('resolve')];
  return {
    respond: (respondField && readLimit(respondField)) ?? null,
    resolve: (resolveField && readLimit(resolveField)) ?? null,
  };
}

function readLimit(field: Field): LevelClocks['respond'] | undefined {
  if (isScalar(resolved(field)) && scalar(field) === 'next business day') return 'next-business-day';
  const ms = duration(field);
  return ms === 0 ? report(field, 'must be longer than nothing') : ms;
}
