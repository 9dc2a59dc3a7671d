import type { Level } from '../core/severity.ts';
import * as incidentRows from '../store/incidents.ts';
import * as jobs from '../store/jobs.ts';
import type { Desk } from './desk.ts';

export interface EscalationJob {
  readonly incidentId: string;
  readonly level: Level;
  /** Which step of its level's escalation it is, counted from 0. */
  readonly step: number;
  /** Name of a notifier. */
  readonly notify: string;
}

/** Job: a later step of the escalation, when nobody has acknowledged by then. */
export async function escalate(desk: Desk, job: EscalationJob): Promise<void> {
  const notifier = desk.configuration().notifiers.find((one) => one.name === job.notify);
  if (!notifier) return;
  const name = `${job.incidentId}:step:${job.level}:${job.step}`;
  await desk.store.transaction(async (tx) => {
    const incident = await incidentRows.byId(tx, job.incidentId);
    if (!incident || incident.acknowledgedAt !== null) return;
    if (incident.status === 'resolved' || incident.status === 'mitigated') return;
    if (incident.wellSince !== null) {
      // Nobody is woken for what has gone; should it come back before it counts as over, they are then.
      const runAt = incident.wellSince + desk.configuration().incidents.recoverForMs + afterRecoveryMs;
      await jobs.enqueue(tx, {
        kind: 'escalate',
        key: `escalate:${name}`,
        payload: { ...job },
        runAt: Math.max(runAt, desk.clock.now() + afterRecoveryMs),
      });
      return;
    }
    const message = await desk.compose(tx, incident, 'incident.escalated', name);
    if (!(await desk.tellOne(tx, notifier, message, incident.id))) return;
    await desk.journalIncident(tx, incident, 'incident.escalated', {
      to: job.notify,
      reason: 'nobody has acknowledged',
    });
  });
  desk.changed();
}

/** By then recovery has been judged. */
const afterRecoveryMs = 1_000;
