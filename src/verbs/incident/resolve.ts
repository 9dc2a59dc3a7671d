import { z } from 'zod';
import * as incidentRows from '../../store/incidents.ts';
import { defineVerb } from '../context.ts';
import { incidentView } from './views.ts';

export const incidentResolve = defineVerb({
  name: 'incident.resolve',
  summary: 'Ends an incident by hand',
  scope: 'operate',
  changes: true,
  repeatable: true,
  route: 'POST /incidents/:id/resolve',
  positional: ['id'],
  examples: ['upkeep incident resolve 01990d2c --note "rolled back the release"'],
  input: z.object({
    id: z.string().min(4).describe('its id, or the beginning of it'),
    note: z.string().max(2_000).default('').describe('what was done; goes into the journal'),
  }),
  async run({ ctx, input, actor }) {
    const { id } = await incidentRows.find(ctx.store.db, input.id);
    return incidentView(ctx, await ctx.assessor.resolve(id, actor.name, input.note));
  },
});
