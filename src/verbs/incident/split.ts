import { z } from 'zod';
import * as incidentRows from '../../store/incidents.ts';
import { defineVerb } from '../context.ts';
import { incidentId, namesList } from './fields.ts';
import { incidentView } from './views.ts';

export const incidentSplit = defineVerb({
  name: 'incident.split',
  summary: 'Gives chosen alerts that fire an incident of their own; without a choice it says which can leave',
  scope: 'operate',
  changes: true,
  route: 'POST /incidents/:id/split',
  positional: ['id'],
  examples: [
    'upkeep incident split 01990d2c',
    'upkeep incident split 01990d2c --targets mail --reason "a broken release, not the database"',
  ],
  input: z.object({
    id: incidentId,
    alerts: namesList.describe('ids of alerts that fire, or their beginnings, with commas between'),
    targets: namesList.describe('all alerts of these targets leave; at least one of each fires'),
    reason: z.string().trim().max(500).default('').describe('why they are another trouble'),
  }),
  async run({ ctx, input, actor }) {
    const { id } = await incidentRows.find(ctx.store.db, input.id);
    const { alerts, targets, reason } = input;
    return incidentView(ctx, await ctx.assessor.split(id, { alerts, targets }, actor.name, reason));
  },
});
