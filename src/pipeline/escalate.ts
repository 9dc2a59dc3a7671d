import type { Level } from '../core/severity.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Desk } from './desk.ts';

/** Job: a later step of the escalation, when nobody has acknowledged by then. */
export async function escalate(
  desk: Desk,
  job: { incidentId: string; level: Level; notify: string },
): Promise<void> {
  const notifier = desk.configuration().notifiers.find((one) => one.name === job.notify);
  if (!notifier) return;
  await desk.store.transaction(async (tx) => {
    const incident = await incidentRows.byId(tx, job.incidentId);
    if (
      !incident ||
      incident.acknowledgedAt !== null ||
      incident.status === 'resolved' ||
      incident.status === 'mitigated'
    )
      return;
    const message = await desk.compose(
      tx,
      incident,
      'incident.escalated',
      `${incident.id}:step:${job.level}:${job.notify}`,
    );
    if (!(await desk.tellOne(tx, notifier, message, incident.id))) return;
    await desk.journalIncident(tx, incident, 'incident.escalated', {
      to: job.notify,
      reason: 'nobody has acknowledged',
    });
  });
  desk.changed();
}
