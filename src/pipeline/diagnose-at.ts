import type { Tx } from '../store/index.ts';
import * as jobs from '../store/jobs.ts';

/**
 * Has an incident diagnosed then, epoch milliseconds.
 * @param more `round` of the looks that follow each other; one look waits at a time for each `about`
 */
export async function diagnoseAt(
  tx: Tx,
  incidentId: string,
  runAt: number,
  { round = 1, about }: { readonly round?: number; readonly about?: string } = {},
): Promise<void> {
  const key = about === undefined ? `diagnose:${incidentId}` : `diagnose:${incidentId}:${about}`;
  await jobs.enqueue(tx, { kind: 'diagnose', key, payload: { incidentId, round }, runAt });
}
