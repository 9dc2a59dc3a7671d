import { z } from 'zod';
import * as incidentRows from '../../store/incidents.ts';
import { defineVerb } from '../context.ts';

export const incidentInvestigate = defineVerb({
  name: 'incident.investigate',
  summary: 'Gathers evidence for an incident again and ranks what it shows',
  scope: 'operate',
  changes: true,
  adds: true,
  repeatable: true,
  route: 'POST /incidents/:id/investigate',
  positional: ['id'],
  examples: ['upkeep incident investigate 01990d2c'],
  input: z.object({ id: z.string().min(4).describe('its id, or the beginning of it') }),
  async run({ ctx, input }) {
    const incident = await incidentRows.find(ctx.store.db, input.id);
    const found = await ctx.diagnostician.diagnose(incident.id, 1);
    return {
      target: incident.lead,
      findings: found?.findings ?? incident.findings,
      evidence: found?.evidence ?? incident.evidence,
    };
  },
});
