import { z } from 'zod';
import { gatherFacts } from '../../practices/postmortem/facts.ts';
import { postmortemFormats, writePostmortem } from '../../practices/postmortem/index.ts';
import * as incidentRows from '../../store/incidents.ts';
import { defineVerb } from '../context.ts';
import { incidentId } from './fields.ts';
import { impactFor } from './measured-impact.ts';

export const incidentPostmortem = defineVerb({
  name: 'incident.postmortem',
  summary: 'Writes the post-mortem of an incident from the journal, with what people wrote in it',
  scope: 'read',
  changes: false,
  route: 'GET /incidents/:id/postmortem',
  positional: ['id'],
  examples: [
    'upkeep incident postmortem 01990d2c',
    'upkeep incident postmortem 01990d2c --format html > postmortem.html',
  ],
  input: z.object({
    id: incidentId,
    format: z.enum(postmortemFormats).default('markdown').describe('PDF comes as base64'),
  }),
  async run({ ctx, input }) {
    const incident = await incidentRows.find(ctx.store.db, input.id);
    const facts = await gatherFacts(ctx, incident, await impactFor(ctx, incident));
    return { id: incident.id, ...(await writePostmortem(facts, input.format)) };
  },
});
