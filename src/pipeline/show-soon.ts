/** What only the message of an incident itself tells, and what joins one after another is one change. */
import type { Tx } from '../store/index.ts';
import type { Desk } from './desk.ts';
import { planForIncident } from './incident-job.ts';

const settlesInMs = 5_000;

/** Plans to write the message anew wherever it can be changed; for what is no news of its own, as who was called. */
export async function showSoon(desk: Desk, tx: Tx, incidentId: string): Promise<void> {
  if (!desk.configuration().notifiers.some(({ takesCause }) => takesCause === 'in-place')) return;
  await planForIncident(tx, 'keep-present', incidentId, desk.clock.now() + settlesInMs);
}
