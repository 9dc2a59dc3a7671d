import { z } from 'zod';
import * as incidentRows from '../../store/incidents.ts';
import { defineVerb } from '../context.ts';
import { incidentId } from './fields.ts';
import { incidentView } from './views.ts';

export const incidentMerge = defineVerb({
  name: 'incident.merge',
  summary:
    'Makes one of two open incidents: the first ends and says where, the second goes on with all alerts',
  scope: 'operate',
  changes: true,
  route: 'POST /incidents/:id/merge',
  positional: ['id', 'into'],
  examples: ['upkeep incident merge 01990d2d 01990d2c --reason "one broken switch"'],
  input: z.object({
    id: incidentId,
    into: z.string().min(4).describe('id of the one that goes on'),
    reason: z.string().trim().max(500).default('').describe('why they are one'),
  }),
  async run({ ctx, input, actor }) {
    const ending = await incidentRows.find(ctx.store.db, input.id);
    const staying = await incidentRows.find(ctx.store.db, input.into);
    return incidentView(ctx, await ctx.assessor.merge(ending.id, staying.id, actor.name, input.reason));
  },
});
