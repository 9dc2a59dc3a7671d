import { z } from 'zod';
import * as incidentRows from '../../store/incidents.ts';
import { defineVerb } from '../context.ts';
import { incidentView } from './views.ts';

export const incidentList = defineVerb({
  name: 'incident.list',
  summary: 'Lists incidents, newest first',
  scope: 'read',
  changes: false,
  route: 'GET /incidents',
  positional: [],
  examples: ['upkeep incident list', 'upkeep incident list --status all --limit 20 --json'],
  input: z.object({
    status: z.enum(['open', 'resolved', 'all']).default('open').describe('which incidents'),
    limit: z.coerce.number().int().min(1).max(500).default(50).describe('at most this many'),
  }),
  async run({ ctx, input }) {
    const incidents = await incidentRows.list(ctx.store.db, input);
    return Promise.all(incidents.map((incident) => incidentView(ctx, incident)));
  },
});
