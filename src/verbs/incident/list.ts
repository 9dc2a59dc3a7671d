import { z } from 'zod';
import { levels } from '../../core/severity.ts';
import * as incidentRows from '../../store/incidents.ts';
import { defineVerb } from '../context.ts';
import { momentOf } from './fields.ts';
import { incidentView } from './views.ts';

const statuses = ['open', 'unacknowledged', 'acknowledged', 'mitigated', 'resolved', 'all'] as const;
const levelNames = z
  .union([z.array(z.string()), z.string()])
  .optional()
  .transform((given) => (typeof given === 'string' ? given.split(',').map((one) => one.trim()) : given))
  .pipe(z.array(z.enum(levels)).optional());

export const incidentList = defineVerb({
  name: 'incident.list',
  summary: 'Lists incidents: open ones the gravest first, then the oldest; others newest first',
  scope: 'read',
  changes: false,
  route: 'GET /incidents',
  positional: [],
  examples: [
    'upkeep incident list',
    'upkeep incident list --status all --limit 20 --json',
    'upkeep incident list --status resolved --level critical,high --service api --from 30d',
  ],
  input: z.object({
    status: z.enum(statuses).default('open').describe('which incidents; open is everything not resolved'),
    level: levelNames.describe('critical, high, medium or low; several with commas between'),
    service: z.string().optional().describe('only those that reach this service'),
    target: z.string().optional().describe('only those with an alert of this target'),
    text: z.string().max(200).optional().describe('found in the title, the lead or the findings'),
    from: z.string().optional().describe('open after this time: 7d (so long ago), or 2026-12-01T03:00:00Z'),
    to: z.string().optional().describe('opened before this time'),
    before: z.string().optional().describe('the page after the incident with this id'),
    limit: z.coerce.number().int().min(1).max(500).default(50).describe('at most this many'),
  }),
  async run({ ctx, input }) {
    const { level, from, to, ...rest } = input;
    const incidents = await incidentRows.list(ctx.store.db, {
      ...rest,
      levels: level,
      from: momentOf(ctx, 'from', from),
      to: momentOf(ctx, 'to', to),
    });
    return Promise.all(incidents.map((incident) => incidentView(ctx, incident)));
  },
});
