import { z } from 'zod';
import * as incidentRows from '../../store/incidents.ts';
import { defineVerb } from '../context.ts';
import { incidentId, personOf } from './fields.ts';
import { incidentView } from './views.ts';

export const incidentAssign = defineVerb({
  name: 'incident.assign',
  summary: 'Gives an incident to somebody, or takes it from whoever has it',
  scope: 'operate',
  changes: true,
  repeatable: true,
  route: 'POST /incidents/:id/assign',
  positional: ['id', 'person'],
  examples: ['upkeep incident assign 01990d2c ann', 'upkeep incident assign 01990d2c nobody'],
  input: z.object({
    id: incidentId,
    person: z.string().trim().max(100).describe('who has it from now on; nobody takes it away'),
  }),
  async run({ ctx, input, actor }) {
    const { id } = await incidentRows.find(ctx.store.db, input.id);
    return incidentView(ctx, await ctx.assessor.assign(id, personOf(input.person), actor.name));
  },
});
