import { z } from 'zod';
import * as alertRows from '../../store/alerts.ts';
import * as incidentRows from '../../store/incidents.ts';
import { defineVerb } from '../context.ts';
import { incidentId, namesList } from './fields.ts';
import { incidentView } from './views.ts';

export const incidentSplit = defineVerb({
  name: 'incident.split',
  summary: 'Gives chosen alerts an incident of their own',
  scope: 'operate',
  changes: true,
  route: 'POST /incidents/:id/split',
  positional: ['id'],
  examples: ['upkeep incident split 01990d2c --targets mail --reason "a broken release, not the database"'],
  input: z.object({
    id: incidentId,
    alerts: namesList.describe('ids of alerts, with commas between'),
    targets: namesList.describe('all alerts of these targets leave'),
    reason: z.string().trim().max(500).default('').describe('why they are another trouble'),
  }),
  async run({ ctx, input, actor }) {
    const { id } = await incidentRows.find(ctx.store.db, input.id);
    const leaving = (await alertRows.ofIncident(ctx.store.db, id))
      .filter((alert) => input.alerts.includes(alert.id) || input.targets.includes(alert.target))
      .map((alert) => alert.id);
    return incidentView(ctx, await ctx.assessor.split(id, leaving, actor.name, input.reason));
  },
});
