/** A question that needs an answer, such as an approval: to the channels of the policy, and to who is on call now. */
import type { Message } from '../core/message.ts';
import { policyFor, recipientsOf, waysTo } from '../core/oncall/policy.ts';
import { quietUntil } from '../core/oncall/quiet.ts';
import type { Level } from '../core/severity.ts';
import type { Tx } from '../store/index.ts';
import * as oncallRows from '../store/oncall.ts';
import { tellPerson } from './call.ts';
import type { Desk } from './desk.ts';

export async function askOnCall(
  desk: Desk,
  tx: Tx,
  about: { readonly level: Level; readonly services: readonly string[] },
  message: Message,
  incidentId: string | null,
): Promise<void> {
  const { notifiers, oncall } = desk.configuration();
  const now = desk.clock.now();
  const names = notifiers.map((one) => one.name);
  const adjustments = await oncallRows.adjustments(tx, oncall.absences, now, now + 1);
  const steps = policyFor(desk.configuration(), about).steps.map((step) =>
    recipientsOf(step, oncall, names, adjustments, now),
  );
  const channels = new Set(steps.flatMap((step) => step.channels));
  const wants = (name: string) =>
    notifiers.some(
      (one) => one.name === name && (one.events === undefined || one.events.includes(message.event)),
    );
  for (const notifier of notifiers) {
    if (channels.has(notifier.name) && wants(notifier.name))
      await desk.tellOne(tx, notifier, message, incidentId);
  }
  // The first who can be reached; the steps after them are for incidents that nobody answers.
  const called = steps.find((step) =>
    step.people.some(({ person }) => waysTo(person, about.level, names).length > 0),
  );
  for (const { person } of called?.people ?? []) {
    if (quietUntil(person, about.level, now) !== null) continue;
    const ways = waysTo(person, about.level, names).map((way) => way.notifier);
    const own = { ...message, key: `${message.key}:to:${person.id}` };
    await tellPerson(desk, tx, { person: person.id, notifiers: ways.filter(wants) }, own, incidentId);
  }
}
