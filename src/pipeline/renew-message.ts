/**
 * A message that waited, for a channel that was down or for Upkeep to be back, tells how its incident stands now instead
 * of in the words of its first moment; what the one behind it says better is not sent at all.
 */
import { outdated } from '../core/incident/outdated.ts';
import type { Message } from '../core/message.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as outbox from '../store/outbox.ts';
import * as stormRows from '../store/storms.ts';
import type { Desk } from './desk.ts';
import { composeStorm } from './storm-message.ts';

/** By then a diagnosis or an acknowledgement may have changed what is to be said. */
const renewAfterMs = 5_000;

export type Renewal =
  | { readonly kind: 'send'; readonly message: Message }
  | { readonly kind: 'superseded'; readonly by: string };

/** Why it is not told at all; null where it is. What was written a moment ago holds. */
export async function outdatedNow(desk: Desk, tx: Tx, entry: outbox.OutboxEntry): Promise<string | null> {
  if (entry.incidentId === null || !hasWaited(desk, entry)) return null;
  const message = JSON.parse(entry.body) as Message;
  if (!message.incident || message.approval || message.report) return null;
  const incident = await incidentRows.byId(tx, entry.incidentId);
  return incident ? outdated(message, entry.createdAt, incident) : null;
}

/**
 * What rose while a call was held stands in that: it tells how things are when it leaves. Whether one that left since this
 * was written told the same receiver all that this one says.
 */
export async function isToldSince(tx: Tx, entry: outbox.OutboxEntry): Promise<boolean> {
  const message = JSON.parse(entry.body) as Message;
  if (message.event !== 'incident.escalated' || !message.incident || !tellsHowItStands(message)) return false;
  return (await outbox.takenSince(tx, entry.notifier, entry.createdAt)).some(({ incidentId, body, at }) => {
    const before = JSON.parse(body) as Message;
    return (
      incidentId === entry.incidentId &&
      (before.event === 'incident.opened' || before.event === 'incident.escalated') &&
      tellsHowItStands(before) &&
      !before.inPlaceOnly &&
      before.to?.person === message.to?.person &&
      at - Date.parse(before.at) >= renewAfterMs
    );
  });
}

function hasWaited(desk: Desk, { attempts, createdAt }: outbox.OutboxEntry): boolean {
  return attempts > 1 || desk.clock.now() - createdAt >= renewAfterMs;
}

export async function renew(desk: Desk, tx: Tx, entry: outbox.OutboxEntry): Promise<Renewal> {
  const message = JSON.parse(entry.body) as Message;
  if (message.storm) return renewStorm(desk, tx, entry, message);
  if (entry.incidentId === null || !message.incident || !hasWaited(desk, entry))
    return { kind: 'send', message };
  const incident = await incidentRows.byId(tx, entry.incidentId);
  if (!incident) return { kind: 'send', message };
  const isOver = incident.status === 'resolved';
  if (tellsHowItStands(message)) {
    const behind = (await outbox.waitingBehind(tx, entry))
      .map(({ body }) => JSON.parse(body) as Message)
      .filter((one) => tellsHowItStands(one) && !one.inPlaceOnly && one.to?.person === message.to?.person);
    const by = behind.find(({ event }) =>
      isOver
        ? event === 'incident.resolved'
        : message.event === 'incident.updated' && !message.followUp && isStage(event),
    );
    if (by) return { kind: 'superseded', by: by.event };
  }
  const isLate = isOver && message.event !== 'incident.resolved' && tellsHowItStands(message);
  // A receiver may have had the first one after all, and would take the same key for a repetition.
  const [event, key] = isLate
    ? (['incident.resolved', `${message.key}:over`] as const)
    : [message.event, message.key];
  const { incident: present } = await desk.compose(tx, incident, event, key);
  return { kind: 'send', message: { ...message, event, key, ...(present ? { incident: present } : {}) } };
}

/** Its incidents as they are by now; where all are over, the message behind it says that. */
async function renewStorm(desk: Desk, tx: Tx, entry: outbox.OutboxEntry, message: Message): Promise<Renewal> {
  const storm = entry.incidentId === null ? undefined : await stormRows.byId(tx, entry.incidentId);
  if (!storm) return { kind: 'send', message };
  if (storm.overAt !== null && message.event !== 'incident.resolved') {
    const behind = (await outbox.waitingBehind(tx, entry)).map(({ body }) => JSON.parse(body) as Message);
    const end = behind.find(({ event }) => event === 'incident.resolved');
    if (end) return { kind: 'superseded', by: end.event };
  }
  const composed = await composeStorm(desk, tx, storm, message.event, message.key);
  return { kind: 'send', message: { ...message, storm: composed.storm ?? message.storm } };
}

/** Nothing of its own beside the incident, such as an update that a person wrote, a report, a request. */
function tellsHowItStands({ event, approval, report, notice }: Message): boolean {
  return event.startsWith('incident.') && !approval && !report && !notice;
}

/** Says all that an update before it says. */
function isStage(event: Message['event']): boolean {
  return event === 'incident.updated' || event === 'incident.acknowledged' || event === 'incident.mitigated';
}
