/** What becomes of a message after an attempt: delivered, tried again, told by another channel, or given up. */
import type { NotifierSettings } from '../core/configuration.ts';
import type { Message } from '../core/message.ts';
import type { Delivery } from '../core/notifier.ts';
import { formatDuration } from '../core/time.ts';
import type { Tx } from '../store/index.ts';
import * as journal from '../store/journal.ts';
import * as outbox from '../store/outbox.ts';
import * as pages from '../store/pages.ts';
import { isStormId } from '../store/storms.ts';
import * as threads from '../store/threads.ts';
import type { Desk } from './desk.ts';
import { outdatedNow, renew } from './renew-message.ts';

const firstRetryMs = 1_000;
const longestRetryMs = 300_000;
/** A receiver that asks for a longer pause gets this one. */
const longestRetryAfterMs = 3_600_000;
/** After this a message is given up and the journal says so. */
const giveUpAfterMs = 24 * 3_600_000;
/** A message that fails while others arrive is told by the fallback after so many attempts. */
const divertAfter = 3;
/** What another channel told this long ago is news no more where it should have been. */
export const staleAfterMs = 10 * 60_000;
/** Nobody minds a second; who was called this much later than it was due had less time to act. */
const lateAfterMs = 30_000;

export async function settle(
  desk: Desk,
  tx: Tx,
  entry: outbox.OutboxEntry,
  delivery: Delivery,
): Promise<void> {
  const now = desk.clock.now();
  if (delivery.kind === 'delivered') {
    if (delivery.thread && entry.incidentId !== null) {
      const person = (JSON.parse(entry.body) as Message).to?.person ?? null;
      const place = { incidentId: entry.incidentId, notifier: entry.notifier, person };
      await threads.write(tx, place, delivery.thread, now);
    }
    if (!delivery.isFolded) {
      if (now - entry.createdAt >= lateAfterMs) await noteLate(desk, tx, entry);
      await noteTold(desk, tx, entry);
    }
    return outbox.delivered(tx, entry.id, now);
  }
  const { detail } = delivery;
  const isOver = delivery.kind === 'refused' || now - entry.createdAt > giveUpAfterMs;
  if (isOver || entry.attempts >= divertAfter) await divert(desk, tx, entry, detail);
  if (isOver) return giveUp(desk, tx, entry, detail);
  // One attempt more a second later is no news.
  const isNoted = entry.attempts === 2 || (entry.attempts === 1 && now - entry.createdAt >= lateAfterMs);
  if (isNoted) await note(desk, tx, 'message.delayed', entry, { detail });
  await outbox.retry(tx, entry.id, now + pauseBefore(entry.attempts, delivery), detail);
  const { notifier, key } = entry;
  desk.log.warn('a message will be tried again', { notifier, key, detail });
}

/** Milliseconds until the next attempt: what the receiver asks for within reason, else twice as long each time. */
export function pauseBefore(attempts: number, delivery: Delivery): number {
  const asked = delivery.kind === 'retry' ? delivery.afterMs : undefined;
  if (asked !== undefined) return Math.min(longestRetryAfterMs, Math.max(firstRetryMs, asked));
  return Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(Math.max(attempts - 1, 0), 12));
}

/** Lets the configured fallback tell it too, once. The same key, so whom it has told already it tells nothing. */
export async function divert(desk: Desk, tx: Tx, entry: outbox.OutboxEntry, detail: string): Promise<void> {
  const { notifiers } = desk.configuration();
  const to = notifiers.find((one) => one.name === entry.notifier)?.fallback;
  const fallback = notifiers.find((one) => one.name === to);
  if (!fallback || entry.divertedTo !== null) return;
  if ((await outdatedNow(desk, tx, entry)) !== null) return;
  const renewal = await renew(desk, tx, entry);
  if (renewal.kind === 'superseded') return;
  if (renewal.message.inPlaceOnly) return;
  // Told anew it would ring there.
  if (renewal.message.followUp && fallback.takesCause !== 'anew') return;
  const { key } = entry;
  const message = addressed(desk, { ...renewal.message, key }, fallback);
  await outbox.divert(tx, entry.id, fallback.name);
  if (!(await desk.tellOne(tx, fallback, message, entry.incidentId))) return;
  await note(desk, tx, 'message.diverted', entry, { to: fallback.name, detail });
}

/** For the same person by their address there; for the channel as a whole where they have none. */
function addressed(desk: Desk, { to, ...message }: Message, { name }: NotifierSettings): Message {
  const address = desk.configuration().oncall.people.find(({ id }) => id === to?.person)?.reach[name];
  return to === undefined || address === undefined ? message : { ...message, to: { ...to, address } };
}

/** Told by another channel and old by now: it would only confuse. */
export function isStale({ divertedTo, createdAt }: outbox.OutboxEntry, now: number): boolean {
  return divertedTo !== null && now - createdAt > staleAfterMs;
}

export async function dropStale(desk: Desk, tx: Tx, entry: outbox.OutboxEntry): Promise<void> {
  const now = desk.clock.now();
  const detail = `${entry.divertedTo} told it ${formatDuration(now - entry.createdAt)} ago`;
  await outbox.giveUp(tx, entry.id, detail, now);
  await note(desk, tx, 'message.dropped', entry, { detail });
}

/** The one behind it tells how the incident stands. */
export async function dropSuperseded(
  desk: Desk,
  tx: Tx,
  entry: outbox.OutboxEntry,
  by: string,
): Promise<void> {
  await outbox.giveUp(tx, entry.id, `${supersededBy} ${by}`, desk.clock.now());
  await note(desk, tx, 'message.dropped', entry, {
    detail: `it had waited ${formatDuration(desk.clock.now() - entry.createdAt)}, and the one behind it says how the incident stands`,
  });
}

/** What it says is no longer so. */
export async function dropOutdated(
  desk: Desk,
  tx: Tx,
  entry: outbox.OutboxEntry,
  why: string,
): Promise<void> {
  const now = desk.clock.now();
  await outbox.giveUp(tx, entry.id, `${outdatedBy} ${why}`, now);
  const detail = `it had waited ${formatDuration(now - entry.createdAt)}, and ${why}`;
  await note(desk, tx, 'message.dropped', entry, { detail });
}

/** The call before it was held, and told how things stand when it left: both are one call. */
export async function dropTold(desk: Desk, tx: Tx, entry: outbox.OutboxEntry): Promise<void> {
  await dropOutdated(desk, tx, entry, 'the one before it left later and told it');
  if (!(await outbox.isLeftByKey(tx, entry.key))) await pages.drop(tx, entry.key, desk.clock.now());
}

/** Begins what stands as the error of a message that was not sent since it held no longer. */
export const outdatedBy = 'held no longer:';

/** The message of a storm tells it with others. */
export async function foldInto(desk: Desk, tx: Tx, entry: outbox.OutboxEntry, storm: string): Promise<void> {
  await outbox.giveUp(tx, entry.id, `${supersededBy} ${storm}`, desk.clock.now());
  const { event, to } = JSON.parse(entry.body) as Message;
  if (event !== 'incident.opened' && event !== 'incident.escalated') return;
  await note(desk, tx, 'message.folded', entry, { event, ...(to ? { person: to.person } : {}) });
}

/** Begins what stands as the error of a message that a later one made needless. */
export const supersededBy = 'told by the later';

async function noteLate(desk: Desk, tx: Tx, entry: outbox.OutboxEntry): Promise<void> {
  const { createdAt, divertedTo, lastError, incidentId } = entry;
  const { event, to } = JSON.parse(entry.body) as Message;
  const isFirst = incidentId !== null && !(await outbox.wasTold(tx, incidentId));
  await note(desk, tx, 'message.late', entry, {
    event,
    lateMs: desk.clock.now() - createdAt,
    ...(to ? { person: to.person } : {}),
    ...(lastError === null ? {} : { detail: lastError }),
    ...(divertedTo === null ? {} : { toldBy: divertedTo }),
    ...(isFirst ? { isFirst } : {}),
  });
}

/** Whoever has the message of a storm was told of each of its incidents. */
async function noteTold(desk: Desk, tx: Tx, entry: outbox.OutboxEntry): Promise<void> {
  const { incidentId, body } = entry;
  if (incidentId === null) return;
  if (!isStormId(incidentId)) return noteFirst(desk, tx, entry, incidentId);
  const ids = incidentsOf(body);
  for (const id of ids) await noteFirst(desk, tx, entry, id);
  await outbox.toldByOther(tx, ids, `${supersededBy} ${incidentId}`, desk.clock.now());
}

/** From here on it is true that somebody was told. */
async function noteFirst(desk: Desk, tx: Tx, entry: outbox.OutboxEntry, incidentId: string): Promise<void> {
  if (await outbox.wasTold(tx, incidentId)) return;
  const { to } = JSON.parse(entry.body) as Message;
  await note(
    desk,
    tx,
    'message.first',
    { ...entry, incidentId },
    {
      afterMs: desk.clock.now() - entry.createdAt,
      ...(to ? { person: to.person } : {}),
    },
  );
}

async function giveUp(desk: Desk, tx: Tx, entry: outbox.OutboxEntry, detail: string): Promise<void> {
  await outbox.giveUp(tx, entry.id, detail, desk.clock.now());
  await note(desk, tx, 'message.given-up', entry, { detail });
  const { notifier, key } = entry;
  desk.log.error('a message could not be delivered', { notifier, key, detail });
}

async function note(
  desk: Desk,
  tx: Tx,
  kind: string,
  { notifier, key, incidentId, attempts, body }: outbox.OutboxEntry,
  payload: Readonly<Record<string, unknown>>,
): Promise<void> {
  const about = incidentId !== null && isStormId(incidentId) ? incidentsOf(body) : [incidentId];
  for (const id of about)
    await journal.append(tx, {
      at: desk.clock.now(),
      actor: 'upkeep',
      kind,
      subject: `notifier:${notifier}`,
      incidentId: id,
      payload: { notifier, key, attempts, ...payload },
    });
}

function incidentsOf(body: string): string[] {
  const { storm } = JSON.parse(body) as Message;
  return storm?.incidents.map(({ id }) => id) ?? [];
}
