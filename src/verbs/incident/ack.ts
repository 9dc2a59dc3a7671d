import { z } from 'zod';
import * as incidentRows from '../../store/incidents.ts';
import { defineVerb } from '../context.ts';
import { incidentView } from './views.ts';

export const incidentAck = defineVerb({
  name: 'incident.ack',
  summary: 'Acknowledges an incident: somebody is on it, escalation stops',
  scope: 'operate',
  changes: true,
  repeatable: true,
  route: 'POST /incidents/:id/ack',
  positional: ['id'],
  examples: ['upkeep incident ack 01990d2c'],
  input: z.object({ id: z.string().min(4).describe('its id, or the beginning of it') }),
  async run({ ctx, input, actor }) {
    const { id, status, acknowledgedAt } = await incidentRows.find(ctx.store.db, input.id);
    const already: 'resolved' | 'acknowledged' | null =
      status === 'resolved' ? 'resolved' : acknowledgedAt !== null ? 'acknowledged' : null;
    return {
      ...(await incidentView(ctx, await ctx.assessor.acknowledge(id, actor.name))),
      /** What it was before; nothing was changed then. */
      already,
    };
  },
});
