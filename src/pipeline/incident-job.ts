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
