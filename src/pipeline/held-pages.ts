/** Job: at the end of somebody's quiet hours, what still needs them is one message; the rest is dropped. */

import { timestamp } from '../clock.ts';
import { count } from '../core/count.ts';
import type { Message } from '../core/message.ts';
import { wallText } from '../core/oncall/wall-time.ts';
import { severityWord } from '../core/severity.ts';
import type { Incident } from '../store/incidents.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as pages from '../store/pages.ts';
import { sendPage, tellPerson } from './call.ts';
import type { Desk } from './desk.ts';

interface Waiting {
  readonly page: pages.Page;
  readonly incident: Incident;
}

export async function releaseHeld(desk: Desk, payload: Readonly<Record<string, unknown>>): Promise<void> {
  const person = String(payload.person);
  await desk.store.transaction(async (tx) => {
    const now = desk.clock.now();
    const left = new Map<string, Waiting>();
    for (const page of await pages.heldFor(tx, person)) {
      if (page.heldUntil !== null && page.heldUntil > now) continue;
      const incident = await stillNeeds(tx, page);
      if (incident && !left.has(incident.id)) left.set(incident.id, { page, incident });
      await pages.release(tx, page.id, incident ? 'sent' : 'dropped', now);
    }
    const [first, ...others] = left.values();
    if (!first) return;
    if (others.length === 0) return sendPage(desk, tx, first.incident, first.page, 'incident.escalated');
    await sendDigest(desk, tx, person, [first, ...others]);
  });
  desk.changed();
}

async function stillNeeds(tx: Tx, page: pages.Page): Promise<Incident | null> {
  const incident = await incidentRows.byId(tx, page.incidentId);
  if (incident?.status !== 'open' || incident.wellSince !== null) return null;
  // It got graver meanwhile, and they were called for that.
  const all = await pages.ofIncident(tx, page.incidentId);
  return all.some((one) => one.person === page.person && one.state === 'sent') ? null : incident;
}

async function sendDigest(desk: Desk, tx: Tx, person: string, waiting: readonly Waiting[]): Promise<void> {
  const now = desk.clock.now();
  const { name, severities, timezone } = desk.configuration();
  const lines = waiting.map(
    ({ incident }) =>
      `- **${severityWord(severities, incident.level)}** [${incident.title.replace(/[[\]]/g, '')}](${desk.baseUrl()}/incidents/${incident.id}), since ${wallText(incident.openedAt, timezone)} (${timezone})`,
  );
  const message: Message = {
    version: 1,
    event: 'report.ready',
    key: `page-held:${person}:${now}:to:${person}`,
    at: timestamp(now),
    source: name,
    report: {
      title: `${count(waiting.length, 'incident')} waited for the morning`,
      markdown: lines.join('\n'),
    },
    url: `${desk.baseUrl()}/incidents`,
  };
  const notifiers = [...new Set(waiting.flatMap(({ page }) => page.notifiers))].slice(0, 1);
  await tellPerson(desk, tx, { person, notifiers }, message, null);
  for (const { incident, page } of waiting)
    await desk.journalIncident(tx, incident, 'oncall.paged', {
      person,
      rotation: page.rotation,
      by: notifiers,
    });
}
