/** Which policy an incident follows, whom a step means, and what comes after it. */
import type { Configuration, EscalationStep } from '../configuration.ts';
import type { Level } from '../severity.ts';
import type { EscalationPolicy, OnCall, Person, PolicyStep } from './model.ts';
import { type Adjustments, dutyAt } from './schedule.ts';

type Rules = Pick<Configuration, 'escalation' | 'oncall'>;

/** That of the first of its services that has one, else of its level. */
export function policyFor(
  { escalation, oncall }: Rules,
  incident: { readonly level: Level; readonly services: readonly string[] },
): EscalationPolicy {
  const names = [
    ...incident.services.map((service) => oncall.services[service]?.[incident.level]),
    oncall.policyOf[incident.level],
  ];
  for (const name of names) {
    const policy = oncall.policies.find((one) => one.name === name);
    if (policy) return policy;
  }
  return inlinePolicy(incident.level, escalation[incident.level]);
}

/** Steps written at the level itself. */
export function inlinePolicy(level: Level, steps: readonly EscalationStep[]): EscalationPolicy {
  return { name: level, steps: grouped(steps), repeat: null, unacknowledgeAfterMs: null };
}

/** What is due at one time is one step. */
export function grouped(steps: readonly EscalationStep[]): PolicyStep[] {
  const times = [...new Set(steps.map((step) => step.afterMs))].sort((a, b) => a - b);
  return times.map((afterMs) => ({
    afterMs,
    notify: [...new Set(steps.filter((step) => step.afterMs === afterMs).map((step) => step.notify))],
  }));
}

export interface Recipients {
  /** Names of notifiers that are told as a whole. */
  readonly channels: readonly string[];
  readonly people: readonly { readonly person: Person; readonly rotation: string | null }[];
  /** Why a name of the step reaches nobody. */
  readonly missing: readonly string[];
}

/** Each person once, however often the step names them. */
export function recipientsOf(
  step: PolicyStep,
  oncall: OnCall,
  notifiers: readonly string[],
  adjustments: Adjustments,
  at: number,
): Recipients {
  const channels: string[] = [];
  const found = new Map<string, { person: Person; rotation: string | null }>();
  const missing: string[] = [];
  const add = (id: string, rotation: string | null) => {
    const person = oncall.people.find((one) => one.id === id);
    if (!person) missing.push(`there is no ${id} any more`);
    else if (!found.has(id)) found.set(id, { person, rotation });
  };
  for (const name of step.notify) {
    const rotation = oncall.rotations.find((one) => one.name === name);
    if (rotation) {
      const { person } = dutyAt(rotation, adjustments, at);
      if (person === null) missing.push(`nobody is on call in rotation ${name}`);
      else add(person, name);
    } else if (oncall.people.some((one) => one.id === name)) add(name, null);
    else if (notifiers.includes(name)) channels.push(name);
    else missing.push(`there is no ${name} any more`);
  }
  return { channels, people: [...found.values()], missing };
}

/** Notifiers, with the person's address, that a page of the level takes; none when nothing is left that exists. */
export function waysTo(
  person: Person,
  level: Level,
  notifiers: readonly string[],
): readonly { readonly notifier: string; readonly address: string }[] {
  const all = Object.keys(person.reach).filter((name) => notifiers.includes(name));
  const wanted = person.via[level]?.filter((name) => all.includes(name)) ?? [];
  const names = wanted.length > 0 ? wanted : all.slice(0, 1);
  return names.map((notifier) => ({ notifier, address: person.reach[notifier] ?? '' }));
}

/** Where an escalation stands: what is before it has been done. */
export interface Cursor {
  /** Counts the rounds from 0. */
  readonly round: number;
  /** Number of the next step. */
  readonly step: number;
  /** Steps of the round up to this time are done; -1 before the first. */
  readonly doneMs: number;
  /** When the round began; later where waiting is not counted. Epoch milliseconds. */
  readonly beganAt: number;
}

export type NextStep =
  | { readonly kind: 'step'; readonly cursor: Cursor; readonly step: PolicyStep; readonly at: number }
  | { readonly kind: 'end' };

/** A policy that was edited meanwhile goes on behind what was done by number and by time. */
export function nextStep(policy: EscalationPolicy, cursor: Cursor): NextStep {
  for (const [index, step] of policy.steps.entries()) {
    if (index < cursor.step || step.afterMs <= cursor.doneMs) continue;
    return { kind: 'step', cursor: { ...cursor, step: index }, step, at: cursor.beganAt + step.afterMs };
  }
  const { repeat, steps } = policy;
  const [first] = steps;
  if (!repeat || !first || cursor.round >= repeat.times) return { kind: 'end' };
  const beganAt = Math.max(cursor.beganAt + repeat.everyMs, cursor.beganAt + cursor.doneMs + 1);
  const next = { round: cursor.round + 1, step: 0, doneMs: -1, beganAt };
  return { kind: 'step', cursor: next, step: first, at: beganAt + first.afterMs };
}
