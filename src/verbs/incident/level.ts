import { z } from 'zod';
import * as incidentRows from '../../store/incidents.ts';
import { defineVerb } from '../context.ts';
import { incidentId, levelField } from './fields.ts';
import { incidentView } from './views.ts';

export const incidentLevel = defineVerb({
  name: 'incident.level',
  summary: 'Sets the level of an incident by hand; only something graver changes it again',
  scope: 'operate',
  changes: true,
  repeatable: true,
  route: 'POST /incidents/:id/level',
  positional: ['id', 'level'],
  examples: ['upkeep incident level 01990d2c low --reason "nobody uses it at night"'],
  input: z.object({
    id: incidentId,
    level: levelField,
    reason: z.string().trim().min(3).max(500).describe('why; it stands in the journal'),
  }),
  async run({ ctx, input, actor }) {
    const { id } = await incidentRows.find(ctx.store.db, input.id);
    return incidentView(ctx, await ctx.assessor.setLevel(id, input.level, input.reason, actor.name));
  },
});
