/** Signs the links of messages, and proves those that come back. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { NotifierSettings } from '../core/configuration.ts';
import { type Link, type LinkPurpose, type Mac, readLink, writeLink } from '../core/link.ts';
import type { Message } from '../core/message.ts';
import * as actionRows from '../store/actions.ts';
import * as linkRows from '../store/links.ts';
import type { Desk } from './desk.ts';

export type Proven =
  | { readonly kind: 'ours'; readonly link: Link /** Of the plan. */; readonly digest: string }
  | { readonly kind: 'expired'; readonly link: Link }
  | { readonly kind: 'used'; readonly link: Link }
  /** Not made by us, or for a plan that is another by now. */
  | { readonly kind: 'unknown' };

export interface Links {
  /** None where the message asks for nothing or the channel may not carry them. */
  of(message: Message, notifier: NotifierSettings | undefined, hasLinks: boolean): Promise<Message['links']>;
  prove(token: string): Promise<Proven>;
  /** Notes that it has acted; false when it did before. */
  use(token: string, link: Link): Promise<boolean>;
}

/** An incident is over by then; a link in an old mail must not end the next one. */
const lifeMs = 48 * 3_600_000;

export function createLinks(desk: Desk): Links {
  let key: Promise<string> | null = null;
  const macOf = async (): Promise<Mac> => {
    key ??= linkRows.linkKey(desk.store);
    const secret = await key.catch((error: unknown) => {
      key = null;
      throw error;
    });
    return (text) => createHmac('sha256', secret).update(text).digest('base64url');
  };

  return {
    async of(message, notifier, hasLinks) {
      const { incident, storm, approval, to } = message;
      if (!notifier || (!incident && !storm && !approval)) return undefined;
      const allowed = notifier.links ?? (hasLinks ? standardFor(to !== undefined) : []);
      const wanted = approval ? (['approve', 'deny'] as const) : purposesOf(message);
      const mac = await macOf();
      const found: Partial<Record<LinkPurpose, string>> = {};
      for (const purpose of wanted) {
        if (!allowed.includes(purpose)) continue;
        const link: Link = {
          purpose,
          id: approval?.actionId ?? incident?.id ?? storm?.id ?? '',
          channel: notifier.name,
          person: to?.person ?? '',
          expiresAt: approval ? Date.parse(approval.expiresAt) : desk.clock.now() + lifeMs,
        };
        found[purpose] = `${desk.baseUrl()}/link/${writeLink(link, approval?.digest ?? '', mac)}`;
      }
      return Object.keys(found).length === 0 ? undefined : found;
    },
    async prove(token) {
      const claimed = readLink(token);
      if (!claimed) return { kind: 'unknown' };
      const { link } = claimed;
      const isOnAction = link.purpose === 'approve' || link.purpose === 'deny';
      const digest = isOnAction ? ((await actionRows.byId(desk.store.db, link.id))?.digest ?? '') : '';
      if (!claimed.isOurs(digest, await macOf(), isSame)) return { kind: 'unknown' };
      if (link.expiresAt <= desk.clock.now()) return { kind: 'expired', link };
      if (await linkRows.isUsed(desk.store.db, idOf(token))) return { kind: 'used', link };
      return { kind: 'ours', link, digest };
    },
    use: (token, link) =>
      desk.store.transaction((tx) =>
        linkRows.use(tx, { id: idOf(token), at: desk.clock.now(), expiresAt: link.expiresAt }),
      ),
  };

  function idOf(token: string): string {
    return desk.digest(token);
  }
}

/** A whole channel reads what is sent to it: a yes to a change must be one person's. */
function standardFor(isForPerson: boolean): readonly LinkPurpose[] {
  return isForPerson ? ['acknowledge', 'resolve', 'approve', 'deny'] : ['acknowledge', 'resolve'];
}

function purposesOf({ event, incident, storm }: Message): readonly LinkPurpose[] {
  if (storm?.incidents.some(({ status }) => status === 'open')) return ['acknowledge'];
  if (!event.startsWith('incident.') || !incident || incident.status === 'resolved') return [];
  return incident.status === 'open' ? ['acknowledge', 'resolve'] : ['resolve'];
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
