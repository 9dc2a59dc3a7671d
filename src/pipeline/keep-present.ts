/**
 * A message that can be changed says how the incident stands, also when what changed is no news that anybody is told of:
 * more targets joined, the title counts them, a cause that was told before leads again. No sound, no reply in a thread.
 */
import type { Message } from '../core/message.ts';
import type { Delivery, Thread } from '../core/notifier.ts';
import type { Incident } from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as outbox from '../store/outbox.ts';
import * as pages from '../store/pages.ts';
import { tellPerson } from './call.ts';
import type { Desk } from './desk.ts';
import { openIncidentOfJob } from './incident-job.ts';
import { showSoon } from './show-soon.ts';

type Shown = Pick<Incident, 'title' | 'lead' | 'targets' | 'services' | 'findings' | 'wellSince'>;

/** After a change of the incident: where its message may say something else by now. */
export async function keepPresentSoon(desk: Desk, tx: Tx, before: Shown, incident: Incident): Promise<void> {
  const isSame =
    before.title === incident.title &&
    before.targets.length === incident.targets.length &&
    before.services.length === incident.services.length &&
    before.findings[0]?.summary === incident.findings[0]?.summary &&
    !isBack(before, incident);
  if (!isSame) await showSoon(desk, tx, incident.id);
}

/** It fires again: what goes up and down says so. */
function isBack(before: Shown, { wellSince }: Shown): boolean {
  return before.wellSince !== null && wellSince === null;
}

/** Job: writes anew what was sent of it, wherever that can be changed. */
export async function keepPresent(desk: Desk, payload: Readonly<Record<string, unknown>>): Promise<void> {
  await desk.store.transaction(async (tx) => {
    const incident = await openIncidentOfJob(tx, payload);
    if (!incident) return;
    const key = `${incident.id}:present:${incident.version}`;
    const composed = await desk.compose(tx, incident, 'incident.updated', key);
    const message: Message = { ...composed, inPlaceOnly: true };
    const places = desk.configuration().notifiers.filter(({ takesCause }) => takesCause === 'in-place');
    const told = await outbox.notifiersOf(tx, incident.id);
    for (const notifier of places)
      if (told.includes(notifier.name)) await desk.tellOne(tx, notifier, message, incident.id);
    for (const { person, notifiers } of await pages.sentOf(tx, incident.id)) {
      const theirs = { ...message, key: `${key}:to:${person}` };
      const names = notifiers.filter((name) => places.some((one) => one.name === name));
      await tellPerson(desk, tx, { person, notifiers: names }, theirs, incident.id);
    }
  });
  desk.changed();
}

const shownKey = 'shown';

function shownOf(desk: Desk, { incident, storm }: Message): string {
  if (storm) return desk.digest(JSON.stringify(storm)).slice(0, 16);
  const { title, severity, status, targets = [], services = [], diagnosis, alerts = [] } = incident ?? {};
  const [finding] = diagnosis?.findings ?? [];
  const times = Math.max(1, ...alerts.map((alert) => alert.times ?? 1));
  const called = incident?.paged?.length ?? 0;
  const shown = [title, severity, status, targets.length, services.length, finding?.summary, times, called];
  return desk.digest(JSON.stringify(shown)).slice(0, 16);
}

/** There is no message to change, or it says all this. */
export function isPresent(desk: Desk, thread: Thread | null, message: Message): boolean {
  return message.inPlaceOnly === true && (thread === null || thread[shownKey] === shownOf(desk, message));
}

/** Keeps what the message said, beside what the channel itself keeps. */
export function rememberingShown(
  desk: Desk,
  delivery: Delivery,
  thread: Thread | null,
  message: Message,
): Delivery {
  const kept = delivery.kind === 'delivered' ? (delivery.thread ?? thread) : null;
  if (delivery.kind !== 'delivered' || delivery.isFolded || message.approval || kept === null)
    return delivery;
  return { ...delivery, thread: { ...kept, [shownKey]: shownOf(desk, message) } };
}
