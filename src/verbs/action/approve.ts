import { z } from 'zod';
import { modelName, UpkeepError } from '../../core/verb.ts';
import * as actionRows from '../../store/actions.ts';
import { defineVerb } from '../context.ts';

export const actionApprove = defineVerb({
  name: 'action.approve',
  summary: 'Approves one plan, word for word as it was shown; what was approved is what runs',
  scope: 'approve',
  changes: true,
  route: 'POST /actions/:id/approve',
  positional: ['id'],
  examples: ['upkeep action approve 01990d2c --digest 3f9a…'],
  input: z.object({
    id: z.string().min(4).describe('its id, or the beginning of it'),
    digest: z.string().describe('the digest of the plan that was read'),
  }),
  async run({ ctx, input, actor }) {
    const { id, proposedBy } = await actionRows.find(ctx.store.db, input.id);
    if (actor.through === 'model' && modelName(proposedBy) === actor.name)
      throw new UpkeepError(
        'not-allowed',
        'a model may not approve what it proposed itself: a person decides',
      );
    return ctx.actor.approve(id, input.digest, actor.name);
  },
});
