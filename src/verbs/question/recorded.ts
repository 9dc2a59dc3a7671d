import type { Recorded, RecordedIncident } from '../../core/inquiry/recorded.ts';
import { dependenciesOf } from '../../core/topology.ts';
import * as actionRows from '../../store/actions.ts';
import * as alertRows from '../../store/alerts.ts';
import type { Incident } from '../../store/incidents.ts';
import * as incidentRows from '../../store/incidents.ts';
import type { VerbContext } from '../context.ts';
import { toldSoFar } from '../incident/views.ts';

const usualSpanMs = 24 * 3_600_000;
const mostIncidents = 50;
const mostActions = 500;
/** An action waits for its approval before it is applied. */
const mostWaitMs = 6 * 3_600_000;

/** What Upkeep saw and did in that time with what was asked about and with what it needs. */
export async function recordedIn(
  ctx: VerbContext,
  {
    targets,
    span,
  }: {
    readonly targets: readonly string[];
    readonly span: { readonly from: number; readonly to: number } | null;
  },
): Promise<Recorded> {
  const now = ctx.clock.now();
  const { from, to } = span ?? { from: now - usualSpanMs, to: now };
  const { topology } = ctx.estate();
  const reached = new Set([...targets, ...targets.flatMap((name) => dependenciesOf(topology, name))]);
  const incidents = (await incidentRows.list(ctx.store.db, { from, to, limit: mostIncidents })).filter(
    (one) => one.targets.some((name) => reached.has(name)),
  );
  const known = new Set(incidents.map(({ id }) => id));
  const actions = await actionRows.list(ctx.store.db, { since: from - mostWaitMs, limit: mostActions });
  return {
    incidents: await Promise.all(incidents.map((one) => recordedOf(ctx, one))),
    actions: actions.flatMap(({ appliedAt, incidentId, plan, state, result }) =>
      appliedAt !== null && (reached.has(plan.target) || (incidentId !== null && known.has(incidentId)))
        ? [{ at: appliedAt, incidentId, action: plan.action, target: plan.target, state, result }]
        : [],
    ),
  };
}

export async function recordedOf(ctx: VerbContext, incident: Incident): Promise<RecordedIncident> {
  const alerts = await alertRows.ofIncident(ctx.store.db, incident.id);
  const { id, title, resolvedAt, targets } = incident;
  const began = Math.min(incident.openedAt, ...alerts.map(({ since }) => since));
  return { id, title, began, resolvedAt, targets, ...toldSoFar(incident) };
}
