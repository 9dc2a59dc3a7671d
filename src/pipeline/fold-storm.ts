/**
 * Many incidents at once are one message for each receiver beside the first: what would call the same channel or person
 * again waits a moment in the outbox, and is told with all that came. Nothing is written twice and nothing is dropped:
 * until the one message is in the outbox, each waits in it by itself.
 */

import type { NotifierSettings } from '../core/configuration.ts';
import { grouped } from '../core/fold.ts';
import { wellUntil } from '../core/incident/conduct.ts';
import {
  callOf,
  endTurnOf,
  gravestHeard,
  gravestOf,
  type Heard,
  lastEndTurnOf,
  lastTurnOf,
  stormSettlesMs,
  stormWindowMs,
  turnOf,
  type Unended,
} from '../core/incident/storm.ts';
import type { Message } from '../core/message.ts';
import { plain } from '../core/plain.ts';
import { isGraver } from '../core/severity.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as outbox from '../store/outbox.ts';
import * as stormRows from '../store/storms.ts';
import * as threads from '../store/threads.ts';
import { type Desk, wants } from './desk.ts';
import { outdatedNow } from './renew-message.ts';
import { foldInto } from './settle-delivery.ts';
import { composeStorm } from './storm-message.ts';

export type Passage =
  /** `quietly`: by a change of the message that is there, without a sound. */
  | { readonly kind: 'send'; readonly quietly: boolean }
  /** It waits, or is told with others. */
  | { readonly kind: 'kept' };

const send: Passage = { kind: 'send', quietly: false };
const kept: Passage = { kind: 'kept' };

/** What becomes of a message whose time has come. */
export async function passStorm(
  desk: Desk,
  tx: Tx,
  entry: outbox.OutboxEntry,
  isClosing: boolean,
): Promise<Passage> {
  const settings = desk.configuration().notifiers.find(({ name }) => name === entry.notifier);
  if (!settings || settings.tracksIncidents) return send;
  const word = wordOf(entry);
  if (word) return isClosing ? send : passWord(desk, tx, word, settings);
  const call = foldable(entry);
  if (!call) return send;
  const receiver = { notifier: entry.notifier, person: personOf(call.message) };
  const storms = await stormRows.ofReceiver(tx, receiver);
  const own = storms.find(({ incidents }) => incidents.includes(call.incidentId));
  if (!isCall(call.message)) {
    const about = { storms, settings, isClosing };
    return own ? passOwn(desk, tx, call, own, about) : passEnd(desk, tx, call, about);
  }
  const now = desk.clock.now();
  const heard = await heardBy(tx, receiver, call, storms, settings, now);
  const company = await companyOf(tx, call, receiver, heard, now);
  const { level } = call.message.incident;
  const isNamed = own !== undefined && call.message.event === 'incident.opened';
  const waiting = { level, since: entry.createdAt, hasCompany: company.length > 0, isNamed };
  const turn = (isClosing ? lastTurnOf : turnOf)(waiting, heard, now);
  if (turn.kind === 'wait') {
    await outbox.postpone(tx, entry.id, turn.until);
    return kept;
  }
  if (turn.kind === 'now') {
    // From here on it has messages of its own.
    for (const one of storms) await leave(tx, one, [call.incidentId]);
    return send;
  }
  if (turn.reason === 'named' && own) return foldAndShow(desk, tx, call, own, settings);
  const place = { ...receiver, incidentId: call.incidentId };
  if (settings.takesCause === 'in-place' && (await threads.read(tx, place)))
    return { kind: 'send', quietly: true };
  await join(desk, tx, [call, ...company], { receiver, storms, heard, settings });
  return kept;
}

/** A word of its own about one incident, as that every step was taken; null for all else. */
function wordOf(entry: outbox.OutboxEntry): Word | null {
  const message = JSON.parse(entry.body) as Message;
  const { incident, notice, event } = message;
  if (!incident || !notice || entry.incidentId === null || event !== 'incident.escalated') return null;
  return { entry, incidentId: entry.incidentId, title: notice.title, message };
}

interface Word {
  readonly entry: outbox.OutboxEntry;
  readonly incidentId: string;
  readonly title: string;
  readonly message: Message;
}

/** While a storm goes on, the same word about many incidents is one message. */
async function passWord(desk: Desk, tx: Tx, word: Word, settings: NotifierSettings): Promise<Passage> {
  const { entry, message, title } = word;
  const person = personOf(message);
  const storms = await stormRows.ofReceiver(tx, { notifier: entry.notifier, person });
  const storm = storms.find(({ overAt }) => overAt === null);
  if (!storm) return send;
  const now = desk.clock.now();
  const until = Math.min(entry.createdAt, now) + stormSettlesMs;
  if (now < until) {
    await outbox.postpone(tx, entry.id, until);
    return kept;
  }
  const all = [word];
  for (const one of await outbox.waitingFor(tx, entry.notifier, now)) {
    const other = one.id === entry.id ? null : wordOf(one);
    if (other?.title !== title || personOf(other.message) !== person) continue;
    // What somebody has taken since is dropped when its own time comes.
    if ((await outdatedNow(desk, tx, one)) === null) all.push(other);
  }
  if (all.length < 2) return send;
  for (const one of all) await foldInto(desk, tx, one.entry, storm.id);
  const about = await incidentRows.headlines(
    tx,
    all.map(({ incidentId }) => incidentId),
  );
  const told = { ...storm, told: storm.told + 1 };
  await stormRows.save(tx, told);
  const notice = {
    title,
    markdown: about.map((one) => `- ${plain(one.title, 160)}`).join('\n'),
  };
  await tellStorm(desk, tx, told, settings, { event: 'incident.escalated', to: message.to, notice });
  return kept;
}

interface AboutStorms {
  readonly storms: readonly stormRows.Storm[];
  readonly settings: NotifierSettings;
  readonly isClosing: boolean;
}

/** What happens to one of a storm; the last end waits for what was told by itself before it and has recovered. */
async function passOwn(
  desk: Desk,
  tx: Tx,
  call: Foldable,
  storm: stormRows.Storm,
  { settings, isClosing }: AboutStorms,
): Promise<Passage> {
  const isEnd = call.message.event === 'incident.resolved' && storm.overAt === null;
  if (isEnd && settings.takesCause !== 'in-place' && !isClosing && (await isOver(tx, storm))) {
    const { entry } = call;
    const beside = await unended(desk, tx, await toldAlone(tx, storm));
    const turn = lastEndTurnOf({ since: entry.createdAt, beside }, desk.clock.now());
    if (turn.kind === 'wait' && (await mayWait(tx, entry))) {
      await outbox.postpone(tx, entry.id, turn.until);
      return kept;
    }
  }
  return foldAndShow(desk, tx, call, storm, settings);
}

/** Messages of one incident keep their order: an end that waits would hold up the call for its return. */
async function mayWait(tx: Tx, entry: outbox.OutboxEntry): Promise<boolean> {
  return (await outbox.waitingBehind(tx, entry)).length === 0;
}

/** Incidents that called the receiver by themselves as the storm began. */
async function toldAlone(tx: Tx, storm: stormRows.Storm): Promise<string[]> {
  const taken = await outbox.takenSince(tx, storm.notifier, storm.beganAt - stormWindowMs);
  const ids = taken.flatMap(({ incidentId, body }) => {
    const message = JSON.parse(body) as Message;
    const isIts = incidentId !== null && message.incident !== undefined && isCall(message);
    return isIts && personOf(message) === storm.person ? [incidentId] : [];
  });
  return [...new Set(ids)].filter((id) => !storm.incidents.includes(id));
}

async function unended(desk: Desk, tx: Tx, ids: readonly string[]): Promise<Unended> {
  const open = (await incidentRows.headlines(tx, ids)).filter(({ status }) => status !== 'resolved');
  const found = await Promise.all(open.map(({ id }) => incidentRows.byId(tx, id)));
  return found.map((one) => (one ? wellUntil(one, desk.configuration().incidents) : null));
}

/** The end of what has messages of its own goes with that of the storm beside it, where both come at nearly the same time. */
async function passEnd(desk: Desk, tx: Tx, end: Foldable, about: AboutStorms): Promise<Passage> {
  const { entry, incidentId, message } = end;
  const storm = about.storms.find(({ overAt }) => overAt === null);
  const isAlone = about.settings.takesCause === 'in-place' || about.isClosing;
  if (message.event !== 'incident.resolved' || !storm || isAlone) return send;
  const others = await unended(desk, tx, storm.incidents);
  const turn = endTurnOf({ since: entry.createdAt, others }, desk.clock.now());
  if (turn.kind === 'now' || (turn.kind === 'wait' && !(await mayWait(tx, entry)))) return send;
  if (turn.kind === 'fold') {
    const whole = { ...storm, incidents: [...storm.incidents, incidentId] };
    return foldAndShow(desk, tx, end, whole, about.settings);
  }
  await outbox.postpone(tx, entry.id, turn.until);
  return kept;
}

/** The message of the storm says in its place what it says. */
async function foldAndShow(
  desk: Desk,
  tx: Tx,
  { entry, message }: Foldable,
  storm: stormRows.Storm,
  settings: NotifierSettings,
): Promise<Passage> {
  await foldInto(desk, tx, entry, storm.id);
  await showPresent(desk, tx, storm, settings, message);
  return kept;
}

/** Ends that wait for that of the storm. */
async function endsBeside(tx: Tx, storm: stormRows.Storm, now: number): Promise<Foldable[]> {
  return (await outbox.waitingFor(tx, storm.notifier, now)).flatMap((entry) => {
    const end = foldable(entry);
    if (end?.message.event !== 'incident.resolved' || storm.incidents.includes(end.incidentId)) return [];
    return personOf(end.message) === storm.person ? [end] : [];
  });
}

interface Foldable {
  readonly entry: outbox.OutboxEntry;
  readonly incidentId: string;
  readonly message: Message & { readonly incident: NonNullable<Message['incident']> };
}

/** How one incident stands, and nothing of its own beside that, such as a question or a word of a person. */
function foldable(entry: outbox.OutboxEntry): Foldable | null {
  const message = JSON.parse(entry.body) as Message;
  const { incident, approval, notice, event } = message;
  if (!incident || entry.incidentId === null || approval || notice || !event.startsWith('incident.'))
    return null;
  return { entry, incidentId: entry.incidentId, message: { ...message, incident } };
}

function personOf({ to }: Message): string | null {
  return to?.person ?? null;
}

function isCall({ event, inPlaceOnly, report }: Message): boolean {
  return (event === 'incident.opened' || event === 'incident.escalated') && !inPlaceOnly && !report;
}

async function heardBy(
  tx: Tx,
  { notifier, person }: stormRows.Receiver,
  { incidentId, message: { event } }: Foldable,
  storms: readonly stormRows.Storm[],
  settings: NotifierSettings,
  now: number,
): Promise<Heard> {
  const taken = await outbox.takenSince(tx, notifier, now - stormWindowMs);
  const told = taken.flatMap(({ incidentId: id }) => id ?? []);
  const open = (await incidentRows.headlines(tx, [...new Set(told)])).filter(
    ({ status }) => status !== 'resolved',
  );
  const calls = taken.flatMap(({ incidentId: id, body, at }) => {
    const message = JSON.parse(body) as Message;
    // The next step of its own escalation is no other call.
    const isOther =
      (id !== incidentId || event === 'incident.opened') && isCall(message) && personOf(message) === person;
    const level = message.incident?.level;
    return isOther && level ? [{ id, at, level, isOver: open.every((one) => one.id !== id) }] : [];
  });
  // One incident that was opened and got graver is no storm.
  const newest = grouped(calls, ({ id }) => id ?? '').map(([first]) => first);
  const storm = storms.find(({ overAt }) => overAt === null) ?? null;
  return { calls: newest, storm, isChangeable: settings.takesCause === 'in-place' };
}

/** What waits to call the same receiver for other incidents, and is no graver than what was heard. */
async function companyOf(
  tx: Tx,
  { incidentId }: Foldable,
  { notifier, person }: stormRows.Receiver,
  heard: Heard,
  now: number,
): Promise<Foldable[]> {
  const gravest = gravestHeard(heard, now);
  if (gravest === null) return [];
  return (await outbox.waitingFor(tx, notifier, now)).flatMap((entry) => {
    const other = foldable(entry);
    if (!other || other.incidentId === incidentId || !isCall(other.message)) return [];
    const isSame = personOf(other.message) === person;
    return isSame && !isGraver(other.message.incident.level, gravest) ? [other] : [];
  });
}

/** Into the message that the receiver has of a storm that goes on, else into a new one. */
async function join(
  desk: Desk,
  tx: Tx,
  calls: readonly [Foldable, ...Foldable[]],
  about: {
    readonly receiver: stormRows.Receiver;
    readonly storms: readonly stormRows.Storm[];
    readonly heard: Heard;
    readonly settings: NotifierSettings;
  },
): Promise<void> {
  const now = desk.clock.now();
  const joining = [...new Set(calls.map(({ incidentId }) => incidentId))];
  const live = about.storms.find(
    ({ overAt, joinedAt }) => overAt === null && joinedAt <= now && now - joinedAt < stormWindowMs,
  );
  const levels = calls.map(({ message }) => message.incident.level);
  const storm: stormRows.Storm = {
    ...about.receiver,
    id: live?.id ?? stormRows.stormId(desk.newId()),
    beganAt: live?.beganAt ?? Math.min(...calls.map(({ entry }) => entry.createdAt)),
    joinedAt: now,
    toldAt: now,
    level: gravestOf([...levels, ...(live ? [live.level] : [])]),
    incidents: [...new Set([...(live?.incidents ?? []), ...joining])],
    told: (live?.told ?? 0) + 1,
    overAt: null,
  };
  for (const one of about.storms) if (one.id !== storm.id) await leave(tx, one, joining);
  await stormRows.save(tx, storm);
  for (const { entry } of calls) await foldInto(desk, tx, entry, storm.id);
  const [{ message }] = calls;
  const called = callOf(calls.map((one) => one.message.event));
  const isChange = live !== undefined && about.heard.isChangeable;
  const event = isChange ? ('incident.updated' as const) : called;
  await tellStorm(desk, tx, storm, about.settings, {
    ...{ event, to: message.to },
    ...(isChange ? { inPlaceOnly: true as const } : {}),
  });
}

async function leave(tx: Tx, storm: stormRows.Storm, ids: readonly string[]): Promise<void> {
  if (!storm.incidents.some((id) => ids.includes(id))) return;
  await stormRows.save(tx, { ...storm, incidents: storm.incidents.filter((id) => !ids.includes(id)) });
}

/** After something happened to one of them: the message says so where it can be changed, and everywhere that all are over. */
async function showPresent(
  desk: Desk,
  tx: Tx,
  storm: stormRows.Storm,
  settings: NotifierSettings,
  { to }: Message,
): Promise<void> {
  if (storm.overAt !== null) return;
  const told = { ...storm, told: storm.told + 1 };
  if (await isOver(tx, storm)) {
    const now = desk.clock.now();
    const beside = settings.takesCause === 'in-place' ? [] : await endsBeside(tx, storm, now);
    for (const { entry } of beside) await foldInto(desk, tx, entry, storm.id);
    const incidents = [...new Set([...storm.incidents, ...beside.map(({ incidentId }) => incidentId)])];
    const over = { ...told, incidents, overAt: now };
    await stormRows.save(tx, over);
    if (wants(settings, 'incident.resolved'))
      await tellStorm(desk, tx, over, settings, { event: 'incident.resolved', to });
    return;
  }
  if (settings.takesCause !== 'in-place') return;
  await stormRows.save(tx, told);
  await tellStorm(desk, tx, told, settings, { event: 'incident.updated', to, inPlaceOnly: true });
}

async function isOver(tx: Tx, { incidents }: stormRows.Storm): Promise<boolean> {
  const all = await incidentRows.headlines(tx, incidents);
  return all.every(({ status }) => status === 'resolved');
}

async function tellStorm(
  desk: Desk,
  tx: Tx,
  storm: stormRows.Storm,
  settings: NotifierSettings,
  { to, ...message }: Pick<Message, 'event' | 'inPlaceOnly' | 'notice'> & { readonly to: Message['to'] },
): Promise<void> {
  const key = `${storm.id}:${storm.told}${to ? `:to:${to.person}` : ''}`;
  const composed = await composeStorm(desk, tx, storm, message.event, key);
  await desk.tellOne(tx, settings, { ...composed, ...message, ...(to ? { to } : {}) }, storm.id);
}
