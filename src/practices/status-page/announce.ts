/** Tells subscribers of incidents and maintenance: each thing once, also over restarts. */
import type { PublicPage, StatusPageSettings } from '../../core/status-page.ts';
import type { Desk } from '../../pipeline/desk.ts';
import { linkKey } from '../../store/links.ts';
import * as statusRows from '../../store/status-page.ts';
import { moment } from './moments.ts';
import { channelOf, messageTo, unsubscribeUrl } from './subscribers.ts';
import { maintenanceWords, updateWords } from './words.ts';

/** What happened longer ago is news no more: Upkeep was down, or somebody has only now made the page. */
const newsForMs = 6 * 3_600_000;

export interface News {
  /** Names it among all. */
  readonly key: string;
  readonly at: number;
  readonly title: string;
  /** Markdown. */
  readonly text: string;
}

/** What there is to tell of the last hours, oldest first. Windows that repeat stand on the page only. */
export function newsOf(page: PublicPage): News[] {
  const incidents = page.incidents.flatMap((incident) =>
    incident.updates.flatMap(({ id, at, status, text, tellAt = at }) =>
      tellAt === null
        ? []
        : {
            // An incident that came back ends a second time.
            key: status === 'resolved' ? `incident:${id}:${at}` : `incident:${id}`,
            at: tellAt,
            title: `${updateWords[status]}: ${incident.title}`,
            text,
          },
    ),
  );
  const maintenance = page.maintenance
    .filter(({ isOnce }) => isOnce)
    .flatMap((one): News[] => {
      const at = { scheduled: one.noticeAt, running: one.startsAt, ended: one.endsAt }[one.status];
      const when = `**When:** ${moment(one.startsAt, page.timezone)} to ${moment(one.endsAt, page.timezone)}`;
      const title = `${maintenanceWords[one.status]}: ${one.title}`;
      // Planned for soon, it was told late for its notice and is news all the same.
      const isEarly = one.status === 'scheduled' && at <= page.writtenAt;
      return [
        {
          key: `maintenance:${one.id}:${one.status}`,
          at: isEarly ? page.writtenAt : at,
          title,
          text: `${when}\n\n${one.text}`,
        },
      ];
    });
  return [...incidents, ...maintenance]
    .filter(({ at }) => at <= page.writtenAt && at > page.writtenAt - newsForMs)
    .sort((a, b) => a.at - b.at);
}

export async function announce(desk: Desk, page: PublicPage, settings: StatusPageSettings): Promise<void> {
  const channel = channelOf(desk);
  const news = channel ? newsOf(page) : [];
  if (!channel || news.length === 0) return;
  const key = await linkKey(desk.store);
  const now = desk.clock.now();
  let isNew = false;
  for (const one of news) {
    // The mark and the mails in one transaction: a crash tells it to all or to nobody yet.
    await desk.store.transaction(async (tx) => {
      if (!(await statusRows.told(tx, one.key, now))) return;
      isNew = true;
      for (const subscriber of await statusRows.subscribers(tx)) {
        if (subscriber.confirmedAt === null || subscriber.confirmedAt > one.at) continue;
        const message = {
          ...messageTo(desk, settings, subscriber, `status-page:${one.key}:${subscriber.id}`),
          notice: { title: one.title, markdown: one.text },
          url: settings.url ?? [desk.baseUrl(), 'status', ''].join('/'),
          unsubscribe: unsubscribeUrl(desk, key, subscriber.id),
        };
        await desk.tellOne(tx, channel, message, null);
      }
    });
  }
  if (isNew) desk.changed();
}
