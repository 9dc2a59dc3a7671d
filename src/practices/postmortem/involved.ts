/** The alerts and actions of an incident, also those that its own rows do not name any more, or never did. */

import type { Alert } from '../../core/alert.ts';
import { inTimeOrder } from '../../core/incident/timeline.ts';
import type { ActionView, JournalEntry } from '../../core/view.ts';
import * as actionRows from '../../store/actions.ts';
import * as alertRows from '../../store/alerts.ts';
import type { Incident } from '../../store/incidents.ts';
import type { Tx } from '../../store/index.ts';
import * as journalRows from '../../store/journal.ts';

/** What fired when somebody resolved the incident by hand goes on without it, or in another one. */
export async function alertsOf(
  db: Tx,
  incident: Incident,
  journal: readonly JournalEntry[],
): Promise<Alert[]> {
  const own = await alertRows.ofIncident(db, incident.id);
  const left = new Set(journal.flatMap(({ payload }) => stillFiring(payload)));
  if (left.size === 0) return own;
  const known = new Set(own.map(({ id }) => id));
  const end = incident.resolvedAt ?? Number.POSITIVE_INFINITY;
  const others = (await alertRows.withFingerprints(db, [...left])).filter(
    ({ id, since, resolvedAt }) =>
      !known.has(id) && since <= end && (resolvedAt === null || resolvedAt >= incident.openedAt),
  );
  return [...own, ...others].toSorted((a, b) => a.since - b.since);
}

/** Fingerprints of alerts that fired when the incident was resolved by hand. */
function stillFiring(payload: JournalEntry['payload']): string[] {
  return Array.isArray(payload.stillFiring) ? payload.stillFiring.map(String) : [];
}

const most = 200;

/**
 * Its own, those of incidents that were merged into it, and those that somebody took by hand on one of its targets
 * meanwhile; with the entries of the journal that tell of them.
 */
export async function actionsOf(
  db: Tx,
  incident: Incident,
  journal: readonly JournalEntry[],
  beganAt: number,
): Promise<{ actions: ActionView[]; journal: JournalEntry[] }> {
  const own = await actionRows.list(db, { incidentId: incident.id, limit: most });
  const absorbed = journal.filter(({ kind }) => kind === 'incident.absorbed');
  const others: ActionView[] = [];
  for (const { payload } of absorbed)
    others.push(...(await actionRows.list(db, { incidentId: String(payload.incident), limit: most })));
  const end = incident.resolvedAt ?? Number.POSITIVE_INFINITY;
  const lately = await actionRows.list(db, { since: beganAt, limit: most });
  others.push(
    ...lately.filter(
      ({ incidentId, plan, proposedAt }) =>
        incidentId === null && proposedAt <= end && incident.targets.includes(plan.target),
    ),
  );
  const told: JournalEntry[] = [];
  for (const { id } of others)
    told.push(...(await journalRows.list(db, { subject: `action:${id}`, limit: most })));
  return {
    actions: [...own, ...others].toSorted((a, b) => b.proposedAt - a.proposedAt),
    journal: inTimeOrder([...journal, ...told]),
  };
}
