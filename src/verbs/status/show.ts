import { z } from 'zod';
import type { Alert } from '../../core/alert.ts';
import { isOfBackupsAlone } from '../../core/incident/subjects.ts';
import type { Health, Overview } from '../../core/view.ts';
import * as actionRows from '../../store/actions.ts';
import * as alertRows from '../../store/alerts.ts';
import type { Incident } from '../../store/incidents.ts';
import * as incidentRows from '../../store/incidents.ts';
import { planViews } from '../backup/plans.ts';
import { defineVerb } from '../context.ts';
import { incidentView } from '../incident/views.ts';
import { serviceView } from './service-view.ts';
import { explainedView, worstHealth } from './target-view.ts';

const dayMs = 86_400_000;

export const statusShow = defineVerb({
  name: 'status.show',
  summary: 'Says what is up and what is not: open incidents, services with their error budgets, targets',
  scope: 'read',
  changes: false,
  route: 'GET /overview',
  positional: [],
  examples: ['upkeep status', 'upkeep status --json'],
  input: z.object({}),
  async run({ ctx }): Promise<Overview> {
    const { db } = ctx.store;
    const configuration = ctx.configuration();
    const [alerts, open, waiting] = await Promise.all([
      alertRows.open(db),
      incidentRows.open(db),
      actionRows.list(db, { states: ['awaiting-approval'], limit: 200 }),
    ]);
    const targets = [...ctx.estate().targets.values()].map((watched) =>
      explainedView(ctx, watched, alerts, open),
    );
    const troubles = open.map((incident) => ({
      services: incident.services,
      health: healthOfIncident(
        incident,
        alerts.filter(({ incidentId }) => incidentId === incident.id),
      ),
    }));
    const reached = (service: string) =>
      troubles.filter(({ services }) => services.includes(service)).map(({ health }) => health);
    return {
      name: configuration.name,
      environment: configuration.environment,
      timezone: configuration.timezone,
      version: ctx.version,
      at: ctx.clock.now(),
      startedAt: ctx.startedAt,
      health: worstHealth([
        ...targets.map((target) => target.health),
        ...troubles.map(({ health }) => health),
      ]),
      incidents: await Promise.all(open.map((incident) => incidentView(ctx, incident))),
      services: await Promise.all(
        configuration.services.map((service) => serviceView(ctx, service, targets, reached(service.name))),
      ),
      targets,
      approvals: waiting.length,
      backups: await planViews(ctx),
      configuration: ctx.reading(),
      endedBefore: ctx.clock.now() - ctx.startedAt < dayMs ? ctx.endedBefore : null,
      gaps: ctx.gaps(),
    };
  },
});

/** What people handle is not over while it may come back; nothing it touches is shown as well. By backups nothing is down. */
function healthOfIncident(
  { level, status, conduct }: Pick<Incident, 'level' | 'status' | 'conduct'>,
  alerts: readonly Pick<Alert, 'rule'>[],
): Health {
  const isGrave = status !== 'mitigated' && (level === 'critical' || level === 'high');
  const isAtRisk = conduct?.declaredBy === undefined && isOfBackupsAlone(alerts);
  return isGrave && !isAtRisk ? 'critical' : 'warning';
}
