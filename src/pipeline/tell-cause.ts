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
import type { Tx } from '../store/index.ts';
import * as journal from '../store/journal.ts';
import type { Desk } from './desk.ts';
import { openIncidentOfJob, planForIncident } from './incident-job.ts';
import { tellQuietly } from './tell-quietly.ts';

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
    const incident = await openIncidentOfJob(tx, payload);
    const finding = causeAmong(incident?.findings ?? []);
    // Its end tells the cause too.
    if (!incident || !finding) return;
    const news = await newsOf(tx, incident, topology);
    if (!('tell' in news)) return;
    const { cause, tell } = news;
    const { reopened = 0, calledAgain } = incident.conduct ?? {};
    const times = calledAgain === undefined ? reopened : `${reopened}.${calledAgain.times}`;
    const key = `${incident.id}:cause:${desk.digest(cause).slice(0, 16)}:${times}`;
    const message = await desk.compose(tx, incident, 'incident.updated', key);
    const anew: Message = { ...message, followUp: tell };
    const to = await tellQuietly(desk, tx, incident.id, { anew, inPlace: message, channel: null });
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
  const since = incident.conduct?.calledAgain?.at ?? incident.conduct?.reopenedAt ?? incident.openedAt;
  const told = await journal.list(tx, {
    incidentId: incident.id,
    kinds: ['incident.cause-told'],
    limit: 100,
  });
  const names = told.filter(({ at }) => at >= since).map(({ payload }) => String(payload.cause));
  return causeNews(cause, finding?.confidence ?? 0, names);
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
