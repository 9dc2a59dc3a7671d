import { z } from 'zod';
import * as actionRows from '../../store/actions.ts';
import { defineVerb } from '../context.ts';

export const actionDeny = defineVerb({
  name: 'action.deny',
  summary: 'Says no to an action that waits for approval',
  scope: 'approve',
  changes: true,
  repeatable: true,
  route: 'POST /actions/:id/deny',
  positional: ['id'],
  examples: ['upkeep action deny 01990d2c --reason "not now"'],
  input: z.object({
    id: z.string().min(4).describe('its id, or the beginning of it'),
    reason: z.string().max(2_000).default('').describe('why; goes into the journal'),
  }),
  async run({ ctx, input, actor }) {
    const { id } = await actionRows.find(ctx.store.db, input.id);
    return ctx.actor.deny(id, actor.name, input.reason);
  },
});
