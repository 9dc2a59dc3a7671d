/**
 * Mails to people outside: asked for, confirmed by the link in a first mail, ended by one click. What is answered to
 * somebody who subscribes never tells whether an address is known.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { timestamp } from '../../clock.ts';
import type { NotifierSettings } from '../../core/configuration.ts';
import type { Message } from '../../core/message.ts';
import type { StatusPageSettings } from '../../core/status-page.ts';
import type { Desk } from '../../pipeline/desk.ts';
import type { Tx } from '../../store/index.ts';
import * as journal from '../../store/journal.ts';
import { linkKey } from '../../store/links.ts';
import * as statusRows from '../../store/status-page.ts';

const confirmWithinMs = 24 * 3_600_000;
/** One address is asked this often before it is left alone for a day, and this seldom. */
const mostAsked = 5;
const askAgainAfterMs = 10 * 60_000;
/** Addresses that are asked in an hour; somebody could use us to fill the boxes of others. */
const mostInHour = 200;

const addressForm = z.email().max(254);

/** In the form that is stored; undefined where it is no mail address. */
export function readAddress(text: string): string | undefined {
  const found = addressForm.safeParse(text.trim().toLowerCase());
  return found.success ? found.data : undefined;
}

/** The channel with a queue of its own; see `subscriberChannel` of the configuration. */
export function channelOf(desk: Pick<Desk, 'configuration'>): NotifierSettings | undefined {
  const { statusPage, notifiers } = desk.configuration();
  if (!statusPage || statusPage.subscriptions === null) return undefined;
  return notifiers.find(({ name }) => name === `${statusPage.subscriptions}@status-page`);
}

/** Sends the mail with the link that confirms, unless the address is known or was asked just now. */
export async function askToConfirm(
  desk: Desk,
  settings: StatusPageSettings,
  address: string,
  newSecret: () => string,
): Promise<void> {
  const channel = channelOf(desk);
  if (!channel) return;
  const secret = newSecret();
  const at = desk.clock.now();
  await desk.store.transaction(async (tx) => {
    const known = await statusRows.byAddress(tx, address);
    if (known && (known.confirmedAt !== null || isAskedEnough(known, at))) return;
    if ((await statusRows.askedSince(tx, at - 3_600_000)) >= mostInHour) return;
    const id = known?.id ?? desk.newId();
    const confirmHash = desk.digest(secret);
    await statusRows.ask(tx, { id, address, confirmHash, confirmUntil: at + confirmWithinMs, at });
    const url = [desk.baseUrl(), 'status', 'confirm', secret].join('/');
    await desk.tellOne(
      tx,
      channel,
      {
        ...messageTo(desk, settings, { id, address }, `status-page:confirm:${id}:${at}`),
        notice: {
          title: `Confirm mails of ${settings.title}`,
          markdown: `Somebody, probably you, asked for mails to this address when something changes. Yes, send me mails:\n\n<${url}>\n\nThe link is good for 24 hours. If it was not you, do nothing: nothing more is sent.`,
        },
        url,
      },
      null,
    );
  });
  desk.changed();
}

function isAskedEnough({ asked, askedAt }: statusRows.Subscriber, now: number): boolean {
  return asked >= mostAsked || now - askedAt < askAgainAfterMs;
}

/** False where the link has run out or was used. */
export async function confirm(desk: Desk, secret: string): Promise<boolean> {
  const at = desk.clock.now();
  const isDone = await desk.store.transaction(async (tx) => {
    const found = await statusRows.byConfirmation(tx, desk.digest(secret), at);
    if (!found) return false;
    await statusRows.confirm(tx, found.id, at);
    await note(desk, tx, 'subscriber.confirmed', found.id);
    return true;
  });
  desk.changed();
  return isDone;
}

/** The journal keeps what it is told for ever, so it is never told an address. */
async function note(desk: Desk, tx: Tx, kind: string, id: string) {
  const subject = `subscriber:${id}`;
  await journal.append(tx, { at: desk.clock.now(), actor: 'subscriber', kind, subject, payload: {} });
}

/** Ends the mails to whom the link was made for; what is not ours is false. */
export async function unsubscribe(desk: Desk, token: string): Promise<boolean> {
  const id = await subscriberOf(desk, token);
  if (id === null) return false;
  await desk.store.transaction(async (tx) => {
    if (await statusRows.remove(tx, id)) await note(desk, tx, 'subscriber.ended', id);
  });
  desk.changed();
  return true;
}

/** Whose link it is, by our own signature; null where it is not ours. */
async function subscriberOf(desk: Pick<Desk, 'store'>, token: string): Promise<string | null> {
  const [id = '', mac = ''] = token.split('.');
  const [given, right] = [Buffer.from(mac), Buffer.from(macOf(await linkKey(desk.store), id))];
  return given.length === right.length && timingSafeEqual(given, right) ? id : null;
}

/** Good as long as somebody is subscribed. */
export function unsubscribeUrl(desk: Pick<Desk, 'baseUrl'>, key: string, id: string): string {
  return [desk.baseUrl(), 'status', 'unsubscribe', `${id}.${macOf(key, id)}`].join('/');
}

function macOf(key: string, id: string): string {
  return createHmac('sha256', key).update(`status-page unsubscribe ${id}`).digest('base64url');
}

export function messageTo(
  desk: Pick<Desk, 'clock'>,
  settings: StatusPageSettings,
  { id, address }: { readonly id: string; readonly address: string },
  key: string,
): Pick<Message, 'version' | 'event' | 'key' | 'at' | 'source' | 'to'> {
  return {
    version: 1,
    event: 'status.published',
    key,
    at: timestamp(desk.clock.now()),
    source: settings.title,
    to: { person: `subscriber:${id}`, address },
  };
}
