import { z } from 'zod';
import { UpkeepError } from '../../core/verb.ts';
import * as incidentRows from '../../store/incidents.ts';
import { defineVerb } from '../context.ts';
import { incidentId } from './fields.ts';
import { impactFor } from './measured-impact.ts';

export const incidentImpact = defineVerb({
  name: 'incident.impact',
  summary: 'Enters how many users an incident affects; gives services, users, failed requests and duration',
  scope: 'operate',
  changes: true,
  repeatable: true,
  route: 'POST /incidents/:id/impact',
  positional: ['id'],
  examples: [
    'upkeep incident impact 01990d2c --users 1200 --share 8% --note "orders that did not go through"',
  ],
  input: z.object({
    id: incidentId,
    users: z.coerce.number().int().min(0).optional().describe('how many'),
    share: z
      .union([z.number().min(0).max(1), z.string()])
      .optional()
      .describe('of all: 8% or 0.08'),
    note: z.string().trim().max(500).default('').describe('how that is known'),
  }),
  async run({ ctx, input, actor }) {
    const share = shareOf(input.share);
    if (input.users === undefined && share === null) {
      throw new UpkeepError('bad-input', 'give users, share or both');
    }
    const { id } = await incidentRows.find(ctx.store.db, input.id);
    const entered = { count: input.users ?? null, share, note: input.note };
    return impactFor(ctx, await ctx.assessor.enterUsers(id, entered, actor.name));
  },
});

function shareOf(given: number | string | undefined): number | null {
  if (given === undefined || given === '') return null;
  const text = String(given).trim();
  const share = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text);
  if (Number.isFinite(share) && share >= 0 && share <= 1) return share;
  throw new UpkeepError('bad-input', `share: ${JSON.stringify(given)} is no share; write 8% or 0.08`);
}
