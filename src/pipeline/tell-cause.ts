/**
 * The first message leaves before the cause is known, and who cannot see it change would hear of the cause at the end
 * alone: they get one quiet message more, in the same thread, once the cause has stood for a moment.
 */
import { causeAmong } from '../core/diagnosis.ts';
import { causeName, causeNews } from '../core/incident/cause-news.ts';
import type { Message } from '../core/message.ts';
import type { Delivery, Thread } from '../core/notifier.ts';
import type { Topology } from '../core/topology.ts';
import type { Incident } from '../store/incidents.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as journal from '../store/journal.ts';
import * as outbox from '../store/outbox.ts';
import * as pages from '../store/pages.ts';
import { tellPerson } from './call.ts';
import { type Desk, wants } from './desk.ts';
import { planForIncident } from './incident-job.ts';

/** The first looks follow each other in seconds, and a later one often sees why where the first saw only what. */
const standsForMs = 10_000;

/** After a look: in a moment what leads then is told, where it is news to anybody. */
export async function tellCauseSoon(
  desk: Desk,
  tx: Tx,
  incident: Incident,
  topology: Topology,
): Promise<void> {
  if (!hasTakers(desk) || !('tell' in (await newsOf(tx, incident, topology)))) return;
  const { id } = incident;
  const runAt = desk.clock.now() + standsForMs;
  await planForIncident(tx, 'tell-cause', id, runAt);
}

/** Job: what leads by now, to all who were called and have not heard of it. */
export async function tellCause(
  desk: Desk,
  payload: Readonly<Record<string, unknown>>,
  topology: Topology,
): Promise<void> {
  await desk.store.transaction(async (tx) => {
    const incident = await incidentRows.byId(tx, String(payload.incidentId));
    const finding = causeAmong(incident?.findings ?? []);
    // Its end tells the cause too.
    if (!incident || !finding || incident.status === 'resolved') return;
    const news = await newsOf(tx, incident, topology);
    if (!('tell' in news)) return;
    const { cause, tell } = news;
    const times = incident.conduct?.reopened ?? 0;
    const key = `${incident.id}:cause:${desk.digest(cause).slice(0, 16)}:${times}`;
    const message = await desk.compose(tx, incident, 'incident.updated', key);
    const to = [
      ...(await toChannels(desk, tx, incident.id, { ...message, followUp: tell })),
      ...(await toPeople(desk, tx, incident.id, message, { ...message, followUp: tell })),
    ];
    if (to.length === 0) return;
    const { summary, confidence } = finding;
    await desk.journalIncident(tx, incident, 'incident.cause-told', {
      news: tell,
      cause,
      summary,
      confidence,
      to,
    });
  });
  desk.changed();
}

function hasTakers(desk: Desk): boolean {
  return desk.configuration().notifiers.some(({ takesCause }) => takesCause !== undefined);
}

async function newsOf(tx: Tx, incident: Incident, topology: Topology) {
  const finding = causeAmong(incident.findings);
  const cause = finding ? causeName(finding, topology) : null;
  const since = incident.conduct?.reopenedAt ?? incident.openedAt;
  const told = await journal.list(tx, {
    incidentId: incident.id,
    kinds: ['incident.cause-told'],
    limit: 100,
  });
  const names = told.filter(({ at }) => at >= since).map(({ payload }) => String(payload.cause));
  return causeNews(cause, finding?.confidence ?? 0, names);
}

/** Those that change their message heard with all that happens. */
async function toChannels(desk: Desk, tx: Tx, id: string, message: Message): Promise<string[]> {
  const told = await outbox.notifiersOf(tx, id);
  const sent: string[] = [];
  for (const notifier of desk.configuration().notifiers) {
    if (notifier.takesCause !== 'anew' || !told.includes(notifier.name)) continue;
    if (!wants(notifier, 'incident.updated')) continue;
    if (await desk.tellOne(tx, notifier, message, id)) sent.push(notifier.name);
  }
  return sent;
}

/** By the way they were called, where it can be quiet: a message of its own (`quiet`), or a change of the one they have. */
export async function toPeople(
  desk: Desk,
  tx: Tx,
  id: string,
  message: Message,
  quiet: Message,
): Promise<string[]> {
  const sent: string[] = [];
  for (const { person, notifiers, state } of await pages.ofIncident(tx, id)) {
    if (state !== 'sent') continue;
    for (const name of notifiers) {
      const notifier = desk.configuration().notifiers.find((one) => one.name === name);
      if (!notifier?.takesCause || !wants(notifier, 'incident.updated')) continue;
      const told = notifier.takesCause === 'anew' ? quiet : message;
      const theirs = { ...told, key: `${message.key}:to:${person}` };
      if (await tellPerson(desk, tx, { person, notifiers: [name] }, theirs, id))
        sent.push(`${person} by ${name}`);
    }
  }
  return sent;
}

const causeKey = 'cause';

function causeIn({ incident }: Message): string | undefined {
  const [first] = incident?.diagnosis?.findings ?? [];
  return first && `${first.id}@${first.target}`;
}

/** What they had last named this cause: it had waited, or came late. */
export function isToldAlready(thread: Thread | null, message: Message): boolean {
  return (
    message.followUp !== undefined &&
    message.followUp !== 'more-trouble' &&
    message.event === 'incident.updated' &&
    thread?.[causeKey] === causeIn(message)
  );
}

/** Keeps which cause the message named, beside what the channel itself keeps. */
export function rememberingCause(delivery: Delivery, thread: Thread | null, message: Message): Delivery {
  const cause = causeIn(message);
  if (delivery.kind !== 'delivered' || delivery.isFolded || cause === undefined) return delivery;
  return { ...delivery, thread: { ...(delivery.thread ?? thread), [causeKey]: cause } };
}
