/** Calling people: one step of a policy at a time, each person once for a step, nobody passed over in silence. */

import type { NotifierSettings } from '../core/configuration.ts';
import { capital, count } from '../core/count.ts';
import type { Message, MessageEvent } from '../core/message.ts';
import type { EscalationPolicy, Person, PolicyStep } from '../core/oncall/model.ts';
import { type Cursor, nextStep, policyFor, recipientsOf, waysTo } from '../core/oncall/policy.ts';
import { quietUntil } from '../core/oncall/quiet.ts';
import type { Level } from '../core/severity.ts';
import type { Incident } from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as jobs from '../store/jobs.ts';
import * as journal from '../store/journal.ts';
import * as oncallRows from '../store/oncall.ts';
import * as outbox from '../store/outbox.ts';
import * as pages from '../store/pages.ts';
import { type Call, jobKey, payloadOf, waitingKey } from './call-state.ts';
import type { Desk } from './desk.ts';
import { holdOfAll, pause, resume, supersede } from './pause-calls.ts';
import { showSoon } from './show-soon.ts';

/** Time to answer the last call before it counts as unanswered. */
export const answerWithinMs = 5 * 60_000;

/**
 * At the opening of an incident, when it gets graver or comes back, and when an acknowledgement lapses.
 * @param told what the desk told the channels of the first step; null where it told them nothing
 */
export async function beginCall(
  desk: Desk,
  tx: Tx,
  incident: Incident,
  told: MessageEvent | null,
): Promise<void> {
  await goOn(desk, tx, incident, await freshCall(desk, tx, incident), told);
}

/** After somebody lowered the level: its policy counts from now, and who heard of the incident is not called again at once. */
export async function callLower(desk: Desk, tx: Tx, incident: Incident, from: Level): Promise<void> {
  await jobs.withdraw(tx, jobKey({ incidentId: incident.id, level: from }));
  const call = await freshCall(desk, tx, incident);
  if (incident.acknowledgedAt !== null) return;
  await goOn(desk, tx, incident, call, null, await whoHeard(tx, incident.id));
}

async function whoHeard(tx: Tx, incidentId: string): Promise<ReadonlySet<string>> {
  const called = await pages.sentOf(tx, incidentId);
  return new Set([...(await outbox.notifiersOf(tx, incidentId)), ...called.map(({ person }) => person)]);
}

/** After it got graver by nothing that is news to who was called as now: only the others are. */
export async function callOthers(desk: Desk, tx: Tx, incident: Incident): Promise<void> {
  const { oncall, notifiers } = desk.configuration();
  const called = await pages.sentOf(tx, incident.id);
  const names = notifiers.map(({ name }) => name);
  const isCalledSo = (person: Person) =>
    waysTo(person, incident.level, names).every(({ notifier }) =>
      called.some((page) => page.person === person.id && page.notifiers.includes(notifier)),
    );
  const people = oncall.people.filter(isCalledSo).map(({ id }) => id);
  const heard = new Set([...(await outbox.notifiersOf(tx, incident.id)), ...people]);
  await goOn(desk, tx, incident, await freshCall(desk, tx, incident), null, heard);
}

/** Ends what is left of the call before it. */
async function freshCall(desk: Desk, tx: Tx, incident: Incident): Promise<Call> {
  const run = await journal.list(tx, {
    incidentId: incident.id,
    kinds: ['incident.unacknowledged', 'incident.reopened', 'incident.called-again', 'incident.level-set'],
    limit: 1_000,
  });
  const cursor = { round: 0, step: 0, doneMs: -1, beganAt: desk.clock.now() };
  const at = { incidentId: incident.id, level: incident.level, run: run.length };
  const call: Call = { ...at, cursor, isOver: false, pausedAt: null };
  await jobs.withdraw(tx, jobKey(call));
  await jobs.withdraw(tx, waitingKey(incident.id));
  await supersede(desk, tx, incident.id);
  return call;
}

/**
 * Takes every step that is due and has the next one taken in its time. `first`: channels of step 0 were told of it.
 * @param heard whom the first step need not call
 */
export async function goOn(
  desk: Desk,
  tx: Tx,
  incident: Incident,
  call: Call,
  first: MessageEvent | null = null,
  heard: ReadonlySet<string> = new Set(),
): Promise<void> {
  const policy = policyFor(desk.configuration(), incident);
  let current = call;
  for (;;) {
    const next = nextStep(policy, current.cursor);
    if (next.kind === 'end') return end(desk, tx, current, policy);
    if (next.at > desk.clock.now()) return later(tx, current, next.at);
    const hold = await holdOfAll(desk, tx, incident);
    if (hold) return pause(desk, tx, current, hold);
    if (current.pausedAt !== null) {
      current = await resume(desk, tx, current);
      continue;
    }
    const at = { ...current, cursor: next.cursor };
    const isFirst = next.cursor.round === 0 && next.step.afterMs === 0;
    const from = isFirst ? { first, heard } : { first: null, heard: new Set<string>() };
    const outcome = await takeStep(desk, tx, incident, at, next.step, from);
    current = { ...current, cursor: after(next.cursor, next.step, outcome, policy, desk.clock.now()) };
  }
}

type Outcome =
  | { readonly kind: 'called' }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'held'; readonly until: number };

function after(
  cursor: Cursor,
  step: PolicyStep,
  outcome: Outcome,
  policy: EscalationPolicy,
  now: number,
): Cursor {
  const done = { ...cursor, step: cursor.step + 1, doneMs: step.afterMs };
  if (outcome.kind === 'held') return { ...done, beganAt: outcome.until - step.afterMs };
  const following = policy.steps[done.step];
  if (outcome.kind === 'called' || !following) return done;
  return { ...done, beganAt: Math.min(cursor.beganAt, now - following.afterMs) };
}

async function takeStep(
  desk: Desk,
  tx: Tx,
  incident: Incident,
  call: Call,
  step: PolicyStep,
  { first, heard }: { readonly first: MessageEvent | null; readonly heard: ReadonlySet<string> },
): Promise<Outcome> {
  const { notifiers, oncall } = desk.configuration();
  const now = desk.clock.now();
  const names = notifiers.map((one) => one.name);
  const adjustments = await oncallRows.adjustments(tx, oncall.absences, now, now + 1);
  const { channels, people, missing } = recipientsOf(step, oncall, names, adjustments, now);
  const name = nameOf(call);
  const untold = channels.filter((one) => !heard.has(one));
  if (first === null) await tellChannels(desk, tx, incident, untold, name);
  const reasons = [...missing];
  let called = 0;
  let until = Number.POSITIVE_INFINITY;
  for (const { person, rotation } of people) {
    if (heard.has(person.id)) {
      called++;
      continue;
    }
    const ways = waysTo(person, call.level, names);
    if (ways.length === 0) {
      reasons.push(`${person.id} cannot be reached by any notifier`);
      continue;
    }
    const quiet = quietUntil(person, call.level, now);
    const page: pages.Page = {
      id: desk.newId(),
      key: `${name}:to:${person.id}`,
      incidentId: incident.id,
      person: person.id,
      rotation,
      level: call.level,
      notifiers: ways.map((way) => way.notifier),
      state: quiet === null ? 'sent' : 'held',
      at: now,
      heldUntil: quiet,
    };
    if (quiet === null) called++;
    else until = Math.min(until, quiet);
    if (!(await pages.insert(tx, page))) continue;
    if (quiet === null) await sendPage(desk, tx, incident, page, first ?? 'incident.escalated');
    else await hold(desk, tx, page, quiet);
  }
  if (reasons.length > 0) await tellNobody(desk, tx, incident, name, reasons);
  if (called > 0) return { kind: 'called' };
  if (Number.isFinite(until)) return { kind: 'held', until };
  // A channel is no person: where somebody should have been called, the next is.
  return reasons.length > 0 ? { kind: 'nobody' } : { kind: 'called' };
}

function nameOf({ incidentId, level, run, cursor }: Call): string {
  return `${incidentId}:page:${level}:${run}.${cursor.round}.${cursor.step}`;
}

/** One person's call by every way it takes; into the outbox and the journal. */
export async function sendPage(
  desk: Desk,
  tx: Tx,
  incident: Incident,
  page: pages.Page,
  event: MessageEvent,
): Promise<void> {
  const message = await desk.compose(tx, incident, event, page.key);
  await tellPerson(desk, tx, page, message, incident.id);
  const { person, rotation, notifiers } = page;
  await desk.journalIncident(tx, incident, 'oncall.paged', { person, rotation, by: notifiers });
  await showSoon(desk, tx, incident.id);
}

/** Sends to the page's person where they can still be reached. */
export async function tellPerson(
  desk: Desk,
  tx: Tx,
  page: Pick<pages.Page, 'person' | 'notifiers'>,
  message: Message,
  incidentId: string | null,
): Promise<boolean> {
  const { notifiers, oncall } = desk.configuration();
  const person = oncall.people.find((one) => one.id === page.person);
  let isSent = false;
  for (const name of page.notifiers) {
    const notifier = notifiers.find((one) => one.name === name);
    const address = person?.reach[name];
    if (!notifier || address === undefined) continue;
    const to = { person: page.person, address };
    if (await desk.tellOne(tx, notifier, { ...message, to }, incidentId)) isSent = true;
  }
  return isSent;
}

async function hold(desk: Desk, tx: Tx, page: pages.Page, until: number): Promise<void> {
  const key = `page-held:${page.person}:${until}`;
  await jobs.enqueue(tx, { kind: 'page-held', key, payload: { person: page.person }, runAt: until });
  await desk.journalIncident(tx, { id: page.incidentId }, 'oncall.held', {
    person: page.person,
    until,
    reason: 'quiet hours',
  });
}

async function tellChannels(
  desk: Desk,
  tx: Tx,
  incident: Incident,
  channels: readonly string[],
  key: string,
): Promise<void> {
  if (channels.length === 0) return;
  const message = await desk.compose(tx, incident, 'incident.escalated', key);
  for (const notifier of desk.configuration().notifiers.filter((one) => channels.includes(one.name))) {
    if (!(await desk.tellOne(tx, notifier, message, incident.id))) continue;
    const payload = { to: notifier.name, reason: 'nobody has acknowledged' };
    await desk.journalIncident(tx, incident, 'incident.escalated', payload);
  }
}

async function tellNobody(
  desk: Desk,
  tx: Tx,
  incident: Incident,
  name: string,
  reasons: readonly string[],
): Promise<void> {
  await desk.journalIncident(tx, incident, 'oncall.nobody', { reasons });
  const title = reasons.join('; ');
  await tellTold(desk, tx, incident, `${name}:nobody`, {
    title: capital(title),
    markdown: `${reasons.map((reason) => `- ${reason}`).join('\n')}\n\nThe next step is taken at once.`,
  });
}

/** A word of its own about an incident to the channels that hear of it; to all of them where none does. */
export async function tellTold(
  desk: Desk,
  tx: Tx,
  incident: Incident,
  key: string,
  notice: { readonly title: string; readonly markdown: string },
): Promise<void> {
  const told = await outbox.notifiersOf(tx, incident.id);
  const { notifiers, oncall } = desk.configuration();
  const heard = notifiers.filter((one) => told.includes(one.name));
  // What reaches single people has no address of its own.
  const shared = notifiers.filter((one) => oncall.people.every(({ reach }) => !(one.name in reach)));
  const receivers: readonly NotifierSettings[] = [heard, shared].find((some) => some.length > 0) ?? notifiers;
  const message = await desk.compose(tx, incident, 'incident.escalated', key);
  for (const notifier of receivers) await desk.tellOne(tx, notifier, { ...message, notice }, incident.id);
}

async function later(tx: Tx, call: Call, runAt: number): Promise<void> {
  await jobs.enqueue(tx, { kind: 'escalate', key: jobKey(call), payload: payloadOf(call), runAt });
}

/** After the last step: when nobody answers that either, somebody must hear so. */
async function end(desk: Desk, tx: Tx, call: Call, policy: EscalationPolicy): Promise<void> {
  const channels = desk.configuration().notifiers.map((one) => one.name);
  const callsPeople = policy.steps.some((step) => step.notify.some((name) => !channels.includes(name)));
  if (!callsPeople && policy.repeat === null) return;
  const { beganAt, doneMs } = call.cursor;
  const runAt = Math.max(desk.clock.now(), beganAt + doneMs) + answerWithinMs;
  await later(tx, { ...call, isOver: true }, runAt);
}

export async function sayUnanswered(desk: Desk, tx: Tx, incident: Incident, call: Call): Promise<void> {
  const policy = policyFor(desk.configuration(), incident);
  const rounds = call.cursor.round + 1;
  await desk.journalIncident(tx, incident, 'escalation.exhausted', { policy: policy.name, rounds });
  await tellTold(desk, tx, incident, `${incident.id}:exhausted:${call.level}:${call.run}`, {
    title: 'Nobody has acknowledged, and every step was taken',
    markdown: `Policy ${policy.name}, ${count(rounds, 'round')}. Nobody else is called.`,
  });
}
