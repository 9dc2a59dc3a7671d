import { z } from 'zod';
import { inTimeOrder } from '../../core/incident/timeline.ts';
import type { IncidentDetail } from '../../core/view.ts';
import * as actionItems from '../../store/action-items.ts';
import * as actionRows from '../../store/actions.ts';
import * as alertRows from '../../store/alerts.ts';
import * as incidentRows from '../../store/incidents.ts';
import * as journal from '../../store/journal.ts';
import * as updates from '../../store/updates.ts';
import { alertView } from '../alert-view.ts';
import { defineVerb } from '../context.ts';
import { impactFor } from './measured-impact.ts';
import { runbooksOf } from './runbooks.ts';
import { incidentView, toldSoFar } from './views.ts';

export const incidentShow = defineVerb({
  name: 'incident.show',
  summary: 'Shows one incident whole: impact, alerts, findings with evidence, actions, timeline, runbooks',
  scope: 'read',
  changes: false,
  route: 'GET /incidents/:id',
  positional: ['id'],
  examples: ['upkeep incident show 01990d2c', 'upkeep incident show 01990d2c --json'],
  input: z.object({ id: z.string().min(4).describe('its id, or the beginning of it') }),
  async run({ ctx, input }): Promise<IncidentDetail> {
    const { db } = ctx.store;
    const incident = await incidentRows.find(db, input.id);
    const [alerts, actions, timeline, told, items, impact] = await Promise.all([
      alertRows.ofIncident(db, incident.id),
      actionRows.list(db, { incidentId: incident.id, limit: 200 }),
      journal.list(db, { incidentId: incident.id, limit: 500 }),
      updates.ofIncident(db, incident.id),
      actionItems.list(db, { incidentId: incident.id }),
      impactFor(ctx, incident),
    ]);
    const rules = new Map(
      [...ctx.estate().targets.values()].flatMap(({ settings }) =>
        settings.rules.map((rule) => [rule.id, rule.runbook]),
      ),
    );
    return {
      ...(await incidentView(ctx, incident)),
      alerts: alerts.map((alert) => alertView(ctx, alert)),
      ...toldSoFar(incident),
      diagnosedAt: incident.diagnosedAt,
      actions,
      timeline: inTimeOrder(timeline),
      impact,
      updates: told,
      actionItems: items,
      runbooks: runbooksOf(alerts, (rule) => rules.get(rule)),
    };
  },
});
