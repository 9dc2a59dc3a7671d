/**
 * Another cause, another leader: told at once, and no more often than people can follow. Where checks come and go in turn,
 * each look finds another one; what stands when the time has come is told for all of them. A message that can be changed
 * says it without waiting (keep-present.ts).
 */
import { newsPace } from '../core/incident/news-pace.ts';
import type { Incident } from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as outbox from '../store/outbox.ts';
import type { Desk } from './desk.ts';
import { openIncidentOfJob, planForIncident } from './incident-job.ts';

/** @param key idempotency key of the message, of the form `ID:KIND:…` with a kind of `newsKinds` */
export async function tellNews(desk: Desk, tx: Tx, incident: Incident, key: string): Promise<void> {
  const { id } = incident;
  const pace = newsPace(await outbox.newsTimes(tx, id), desk.clock.now());
  if (pace.tell === 'now') return desk.tell(tx, incident, 'incident.updated', key);
  await planForIncident(tx, 'tell-news', id, pace.at);
}

/** Job: how it stands by now. */
export async function tellNewsNow(desk: Desk, payload: Readonly<Record<string, unknown>>): Promise<void> {
  await desk.store.transaction(async (tx) => {
    const incident = await openIncidentOfJob(tx, payload);
    // Its end is told too.
    if (!incident) return;
    await desk.tell(tx, incident, 'incident.updated', `${incident.id}:news:${incident.version}`);
  });
  desk.changed();
}
