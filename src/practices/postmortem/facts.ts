/** What a post-mortem is made of. */

import type { Alert } from '../../core/alert.ts';
import type { Configuration } from '../../core/configuration.ts';
import type { ActionItem } from '../../core/incident/action-item.ts';
import type { Impact } from '../../core/incident/impact.ts';
import { findingsAtEnd, type RootCause, rootCauses } from '../../core/incident/kept-causes.ts';
import type { Past } from '../../core/incident/retrospect.ts';
import { inTimeOrder } from '../../core/incident/timeline.ts';
import { timesOf } from '../../core/incident/times.ts';
import type { StakeholderUpdate } from '../../core/incident/update.ts';
import { severityWord } from '../../core/severity.ts';
import type { Clock } from '../../core/time.ts';
import type { JournalEntry } from '../../core/view.ts';
import * as actionItems from '../../store/action-items.ts';
import type { Incident } from '../../store/incidents.ts';
import * as incidentRows from '../../store/incidents.ts';
import type { Store, Tx } from '../../store/index.ts';
import * as journal from '../../store/journal.ts';
import * as pages from '../../store/pages.ts';
import * as postmortems from '../../store/postmortems.ts';
import * as updates from '../../store/updates.ts';
import { actionsOf, alertsOf } from './involved.ts';

export interface PostmortemFacts extends Past {
  readonly incident: Incident;
  /** What was found with high confidence while its alerts fired, first what was mended. */
  readonly roots: readonly RootCause[];
  /** The team's word for its level. */
  readonly severity: string;
  readonly timezone: string;
  readonly name: string;
  readonly writtenAt: number;
  readonly items: readonly ActionItem[];
  readonly updates: readonly StakeholderUpdate[];
  /** What people wrote in place of what is computed. */
  readonly edited: postmortems.EditedPostmortem | undefined;
}

const dayMs = 86_400_000;
const mostEntries = 5_000;

export async function gatherFacts(
  from: {
    readonly store: Pick<Store, 'db'>;
    readonly clock: Pick<Clock, 'now'>;
    configuration(): Configuration;
  },
  incident: Incident,
  impact: Impact,
): Promise<PostmortemFacts> {
  const { db } = from.store;
  const { timezone, name, severities } = from.configuration();
  const own = await timelineOf(db, incident.id);
  const alerts = await alertsOf(db, incident, own);
  const mitigatedAt =
    incident.mitigatedAt ?? own.find(({ kind }) => kind === 'incident.mitigated')?.at ?? null;
  const times = timesOf({ ...incident, mitigatedAt }, alerts, await pages.ofIncident(db, incident.id));
  const involved = await actionsOf(db, incident, own, times.beganAt);
  const roots = rootCauses(
    incident.conduct?.causes ?? [],
    involved.actions.map(({ plan, ...action }) => ({ ...action, action: plan.action, target: plan.target })),
  );
  const told = findingsAtEnd(incident, roots);
  return {
    ...{
      incident: { ...incident, evidence: told.evidence },
      roots,
      level: incident.level,
      lead: incident.lead,
      findings: told.findings,
      impact,
      alerts,
      times,
    },
    ...{ timezone, name, writtenAt: from.clock.now(), severity: severityWord(severities, incident.level) },
    ...involved,
    muted: await mutedDuring(db, incident, times.beganAt),
    earlier: await earlierOnes(db, incident),
    items: await actionItems.list(db, { incidentId: incident.id }),
    updates: await updates.ofIncident(db, incident.id),
    edited: await postmortems.read(db, incident.id),
  };
}

async function timelineOf(db: Tx, incidentId: string): Promise<JournalEntry[]> {
  const entries = await journal.list(db, { incidentId, limit: mostEntries });
  return inTimeOrder(entries);
}

/** Alerts that were held have no incident, so they are found by their target and time. */
async function mutedDuring(db: Tx, incident: Incident, beganAt: number) {
  const to = incident.resolvedAt ?? Number.POSITIVE_INFINITY;
  const entries = await journal.list(db, { kinds: ['alert.held'], limit: mostEntries });
  const found = entries.filter(({ at, payload }) => {
    const target = String(payload.target);
    return at >= beganAt - dayMs / 24 && at <= to && incident.targets.includes(target);
  });
  return found.map(({ payload }) => ({ target: String(payload.target), by: String(payload.reason) }));
}

async function earlierOnes(db: Tx, { id, lead, openedAt }: Incident): Promise<number> {
  const lately = await incidentRows.list(db, {
    target: lead,
    to: openedAt,
    from: openedAt - 30 * dayMs,
    limit: 500,
  });
  return lately.filter((one) => one.id !== id && one.lead === lead && one.conduct?.mergedInto === undefined)
    .length;
}

export function firstAlert(alerts: readonly Alert[]): Alert | undefined {
  return alerts.toSorted((a, b) => (a.firedAt ?? a.since) - (b.firedAt ?? b.since))[0];
}
