import { z } from 'zod';
import * as incidentRows from '../../store/incidents.ts';
import { defineVerb } from '../context.ts';
import { incidentId } from './fields.ts';
import { incidentView } from './views.ts';

export const incidentNote = defineVerb({
  name: 'incident.note',
  summary: 'Writes a note into the timeline of an incident',
  scope: 'operate',
  changes: true,
  adds: true,
  route: 'POST /incidents/:id/notes',
  positional: ['id', 'text'],
  examples: ['upkeep incident note 01990d2c "rolled back to 4.2.1"'],
  input: z.object({
    id: incidentId,
    text: z.string().trim().min(1).max(5_000).describe('what was seen or done'),
  }),
  async run({ ctx, input, actor }) {
    const { id } = await incidentRows.find(ctx.store.db, input.id);
    return incidentView(ctx, await ctx.assessor.note(id, input.text, actor.name));
  },
});
