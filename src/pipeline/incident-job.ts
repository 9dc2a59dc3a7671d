import type { Incident } from '../store/incidents.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as jobs from '../store/jobs.ts';

/** A job about one incident that waits once, however often it is asked for. @param runAt epoch milliseconds */
export async function planForIncident(
  tx: Tx,
  kind: string,
  incidentId: string,
  runAt: number,
): Promise<void> {
  await jobs.enqueue(tx, { kind, key: `${kind}:${incidentId}`, payload: { incidentId }, runAt });
}

/** The incident of such a job, where it is still open: of one that is over nothing is to be done any more. */
export async function openIncidentOfJob(
  tx: Tx,
  payload: Readonly<Record<string, unknown>>,
): Promise<Incident | undefined> {
  const incident = await incidentRows.byId(tx, String(payload.incidentId));
  return incident?.status === 'resolved' ? undefined : incident;
}
