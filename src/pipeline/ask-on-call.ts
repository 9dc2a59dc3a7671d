/** A question that needs an answer, such as an approval: step by step of the policy until somebody gives one. */
import type { Message } from '../core/message.ts';
import type { PolicyStep } from '../core/oncall/model.ts';
import { policyFor, recipientsOf, waysTo } from '../core/oncall/policy.ts';
import { quietUntil } from '../core/oncall/quiet.ts';
import type { Level } from '../core/severity.ts';
import type { Tx } from '../store/index.ts';
import * as oncallRows from '../store/oncall.ts';
import { tellPerson } from './call.ts';
import type { Desk } from './desk.ts';

export interface AskedAbout {
  readonly level: Level;
  readonly services: readonly string[];
}

export interface Asked {
  /** Names of channels and people that were told. */
  readonly whom: readonly string[];
  /** The step to take when nobody answers, and how long after this one; null after the last. */
  readonly next: { readonly step: number; readonly afterMs: number } | null;
}

/**
 * Asks from the given step on until somebody who can answer is reached: a person, or a channel where the policy calls
 * no people at all.
 */
export async function askOnCall(
  desk: Desk,
  tx: Tx,
  about: AskedAbout,
  message: Message,
  incidentId: string | null,
  from = 0,
): Promise<Asked> {
  const { steps } = policyFor(desk.configuration(), about);
  const callsPeople = callsAnybody(desk, steps);
  const whom: string[] = [];
  for (let at = from; at < steps.length; at++) {
    const step = steps[at];
    if (!step) break;
    const told = await askStep(desk, tx, step, about, message, incidentId);
    whom.push(...told.channels, ...told.people);
    const isAnswerable = told.people.length > 0 || (!callsPeople && told.channels.length > 0);
    const following = steps[at + 1];
    if (isAnswerable || !following)
      return { whom, next: following ? { step: at + 1, afterMs: following.afterMs - step.afterMs } : null };
  }
  return { whom, next: null };
}

function callsAnybody(desk: Desk, steps: readonly PolicyStep[]): boolean {
  const channels = desk.configuration().notifiers.map((one) => one.name);
  return steps.some(({ notify }) => notify.some((name) => !channels.includes(name)));
}

async function askStep(
  desk: Desk,
  tx: Tx,
  step: PolicyStep,
  about: AskedAbout,
  message: Message,
  incidentId: string | null,
): Promise<{ readonly channels: readonly string[]; readonly people: readonly string[] }> {
  const { notifiers, oncall } = desk.configuration();
  const now = desk.clock.now();
  const names = notifiers.map((one) => one.name);
  const adjustments = await oncallRows.adjustments(tx, oncall.absences, now, now + 1);
  const recipients = recipientsOf(step, oncall, names, adjustments, now);
  const wanting = notifiers.filter(({ events }) => events === undefined || events.includes(message.event));
  const isWanted = (name: string) => wanting.some((one) => one.name === name);
  const channels = wanting.filter(({ name }) => recipients.channels.includes(name));
  for (const notifier of channels) await desk.tellOne(tx, notifier, message, incidentId);
  const people: string[] = [];
  for (const { person } of recipients.people) {
    if (quietUntil(person, about.level, now) !== null) continue;
    const ways = waysTo(person, about.level, names)
      .map((way) => way.notifier)
      .filter(isWanted);
    if (ways.length === 0) continue;
    const own = { ...message, key: `${message.key}:to:${person.id}` };
    await tellPerson(desk, tx, { person: person.id, notifiers: ways }, own, incidentId);
    people.push(person.id);
  }
  return { channels: channels.map(({ name }) => name), people };
}
