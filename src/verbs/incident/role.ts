import { z } from 'zod';
import { usualRoles } from '../../core/incident/conduct.ts';
import * as incidentRows from '../../store/incidents.ts';
import { defineVerb } from '../context.ts';
import { incidentId, personOf } from './fields.ts';
import { incidentView } from './views.ts';

export const incidentRole = defineVerb({
  name: 'incident.role',
  summary: 'Gives somebody a role in an incident: commander, communications, scribe or another',
  scope: 'operate',
  changes: true,
  repeatable: true,
  route: 'POST /incidents/:id/roles',
  positional: ['id', 'role', 'person'],
  examples: ['upkeep incident role 01990d2c commander ann', 'upkeep incident role 01990d2c scribe nobody'],
  input: z.object({
    id: incidentId,
    role: z
      .string()
      .regex(/^[a-z][a-z-]{1,30}$/, 'small letters and hyphens')
      .describe(`${usualRoles.join(', ')}, or another`),
    person: z.string().trim().max(100).describe('who has the role; nobody leaves it empty'),
  }),
  async run({ ctx, input, actor }) {
    const { id } = await incidentRows.find(ctx.store.db, input.id);
    const saved = await ctx.assessor.giveRole(id, input.role, personOf(input.person), actor.name);
    return incidentView(ctx, saved);
  },
});
