/** News of an incident to all who heard of it, by which nobody is called: the same whether a cause or another failure is told. */
import type { Message } from '../core/message.ts';
import type { Tx } from '../store/index.ts';
import * as outbox from '../store/outbox.ts';
import * as pages from '../store/pages.ts';
import { tellPerson } from './call.ts';
import { type Desk, wants } from './desk.ts';

export interface Quietly {
  /** A message of its own, for who cannot see the one that they have change. */
  readonly anew: Message;
  /** For people whose message changes. */
  readonly inPlace: Message;
  /** For channels whose message changes, and programs; null where they heard with all that happens. */
  readonly channel: Message | null;
}

/** @returns who was told: channels, and people by the way that they were called */
export async function tellQuietly(desk: Desk, tx: Tx, id: string, news: Quietly): Promise<string[]> {
  const heard = await outbox.notifiersOf(tx, id);
  const takers = desk.configuration().notifiers.filter((one) => wants(one, 'incident.updated'));
  const sent: string[] = [];
  for (const notifier of takers.filter(({ name }) => heard.includes(name))) {
    const message = notifier.takesCause === 'anew' ? news.anew : news.channel;
    if (message && (await desk.tellOne(tx, notifier, message, id))) sent.push(notifier.name);
  }
  for (const { person, notifiers } of await pages.sentOf(tx, id)) {
    for (const { name, takesCause } of takers.filter((one) => notifiers.includes(one.name))) {
      if (!takesCause) continue;
      const message = takesCause === 'anew' ? news.anew : news.inPlace;
      const theirs = { ...message, key: `${message.key}:to:${person}` };
      if (await tellPerson(desk, tx, { person, notifiers: [name] }, theirs, id))
        sent.push(`${person} by ${name}`);
    }
  }
  return sent;
}
