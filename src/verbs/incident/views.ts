import { underWay } from '../../core/action-states.ts';
import { causeAmong, moreCauses } from '../../core/diagnosis.ts';
import { wellUntil } from '../../core/incident/conduct.ts';
import { findingsSoFar } from '../../core/incident/kept-causes.ts';
import { leadFirst } from '../../core/incident/lead-first.ts';
import { followerWords } from '../../core/link.ts';
import { severityWord } from '../../core/severity.ts';
import type { IncidentView } from '../../core/view.ts';
import * as actionRows from '../../store/actions.ts';
import * as alertRows from '../../store/alerts.ts';
import type { Incident } from '../../store/incidents.ts';
import type { VerbContext } from '../context.ts';

/** An incident as lists show it. */
export async function incidentView(ctx: VerbContext, incident: Incident): Promise<IncidentView> {
  const alerts = incident.status === 'resolved' ? [] : await alertRows.ofIncident(ctx.store.db, incident.id);
  const cause = causeAmong(incident.findings);
  return {
    id: incident.id,
    title: incident.title,
    level: incident.level,
    severity: severityWord(ctx.configuration().severities, incident.level),
    status: incident.status,
    lead: incident.lead,
    services: incident.services,
    targets: leadFirst(incident.targets, incident.lead),
    openedAt: incident.openedAt,
    acknowledgedAt: incident.acknowledgedAt,
    acknowledgedBy: incident.acknowledgedBy,
    ...(incident.acknowledgedBy === null
      ? {}
      : { takenBy: followerWords(incident.acknowledgedBy, ctx.configuration().oncall.people) }),
    mitigatedAt: incident.mitigatedAt,
    resolvedAt: incident.resolvedAt,
    firingAlerts: alerts.filter((alert) => alert.state === 'firing').length,
    holdsUntil: holdsUntil(ctx, incident, alerts.length),
    treatment: incident.status === 'resolved' ? null : await treatmentOf(ctx, incident.id),
    summary: cause?.summary ?? null,
    summaryAt: cause?.seenAt ?? null,
    moreCauses: moreCauses(incident.findings, ctx.estate().topology),
    assignee: incident.conduct?.assignee ?? null,
    roles: incident.conduct?.roles ?? {},
    declaredBy: incident.conduct?.declaredBy ?? null,
    mergedInto: incident.conduct?.mergedInto ?? null,
    reopened: incident.conduct?.reopened ?? 0,
    reopenedAt: incident.conduct?.reopenedAt ?? null,
    lulls: incident.conduct?.lulls ?? [],
  };
}

/** Its findings with their evidence; of one that is open with the causes that it had before what is found now. */
export function toldSoFar({ status, findings, evidence, conduct }: Incident) {
  if (status === 'resolved') return { findings, evidence };
  return findingsSoFar({ findings, evidence }, conduct?.causes ?? []);
}

async function treatmentOf(ctx: VerbContext, incidentId: string): Promise<string | null> {
  const [action] = await actionRows.list(ctx.store.db, { incidentId, states: underWay, limit: 1 });
  return action?.plan.summary ?? null;
}

/** Nothing holds for what is over, nor for what never had an alert. */
function holdsUntil(ctx: VerbContext, incident: Incident, alerts: number): number | null {
  if (incident.status === 'resolved' || alerts === 0) return null;
  return wellUntil(incident, ctx.configuration().incidents);
}
