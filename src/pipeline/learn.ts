/** What an ended incident taught: its times, and a draft of the post-mortem in the journal. */
import { learned } from '../core/learning.ts';
import * as actionRows from '../store/actions.ts';
import * as alertRows from '../store/alerts.ts';
import * as incidentRows from '../store/incidents.ts';
import * as journal from '../store/journal.ts';
import * as pages from '../store/pages.ts';
import type { Desk } from './desk.ts';

/** Job: writes down the times of a resolved incident, once for each time it ended. */
export async function learn(desk: Desk, incidentId: string): Promise<void> {
  await desk.store.transaction(async (tx) => {
    const incident = await incidentRows.require(tx, incidentId);
    if (incident.resolvedAt === null) return;
    const written = await journal.list(tx, { incidentId, kinds: ['incident.learned'], limit: 1_000 });
    if (written.length > (incident.conduct?.reopened ?? 0)) return;
    const alerts = await alertRows.ofIncident(tx, incidentId);
    const actions = await actionRows.list(tx, { incidentId, limit: 100 });
    const calls = await pages.ofIncident(tx, incidentId);
    const payload = { ...learned(incident, alerts, actions, calls) };
    await desk.journalIncident(tx, incident, 'incident.learned', payload);
  });
  desk.changed();
}
