import type { Tx } from '../store/index.ts';
import * as jobs from '../store/jobs.ts';

/** Has the recovery of an incident looked at then, epoch milliseconds; one look waits at a time. */
export async function recoverAt(tx: Tx, incidentId: string, runAt: number): Promise<void> {
  await jobs.enqueue(tx, { kind: 'recover', key: `recover:${incidentId}`, payload: { incidentId }, runAt });
}
