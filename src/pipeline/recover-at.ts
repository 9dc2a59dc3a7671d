import type { Tx } from '../store/index.ts';
import { planForIncident } from './incident-job.ts';

/** Has the recovery of an incident looked at then, epoch milliseconds; one look waits at a time. */
export function recoverAt(tx: Tx, incidentId: string, runAt: number): Promise<void> {
  return planForIncident(tx, 'recover', incidentId, runAt);
}
