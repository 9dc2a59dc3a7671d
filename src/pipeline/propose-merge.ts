/** Two incidents that may be one trouble say so on both, with the command that makes them one. */
import { type MergeProposal, mergeProposal } from '../core/incident/one-trouble.ts';
import type { OpenIncident } from '../core/incident.ts';
import type { Topology } from '../core/topology.ts';
import type { Incident } from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import type { Desk } from './desk.ts';

export interface Alike {
  readonly id: string;
  readonly reason: string;
}

/** What somebody declares, against all that is open. */
export async function proposeForDeclared(
  desk: Desk,
  tx: Tx,
  declared: Incident,
  open: readonly OpenIncident[],
  topology: Topology,
): Promise<Alike[]> {
  const alike: Alike[] = [];
  for (const one of open) {
    if (one.id === declared.id) continue;
    const found = mergeProposal(declared, { ...one, services: one.services ?? [] }, topology);
    if (await propose(desk, tx, declared.id, one.id, found)) alike.push({ id: one.id, reason: found.reason });
  }
  return alike;
}

/** What an alert opens, against all that people declared. */
export async function proposeForOpened(
  desk: Desk,
  tx: Tx,
  opened: Incident & { readonly isHygiene: boolean },
  open: readonly OpenIncident[],
  topology: Topology,
): Promise<void> {
  for (const one of open) {
    if (!one.isDeclared || one.id === opened.id) continue;
    const found = mergeProposal({ ...one, services: one.services ?? [] }, opened, topology);
    await propose(desk, tx, one.id, opened.id, found);
  }
}

/** The declared one stays: it has the words that people know it by. */
async function propose(
  desk: Desk,
  tx: Tx,
  declared: string,
  other: string,
  { propose: isProposed, reason }: MergeProposal,
): Promise<boolean> {
  if (!isProposed) return false;
  const merge = { id: other, into: declared };
  await desk.journalIncident(tx, { id: declared }, 'incident.related', { incident: other, reason, merge });
  await desk.journalIncident(tx, { id: other }, 'incident.related', { incident: declared, reason, merge });
  return true;
}
