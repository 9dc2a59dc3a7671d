import { z } from 'zod';
import { UpkeepError } from '../../core/verb.ts';
import * as actionRows from '../../store/actions.ts';
import type { Tx } from '../../store/index.ts';
import * as tokens from '../../store/tokens.ts';
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
    if (ctx.configuration().guard.fourEyes) {
      const approver = await personBehind(ctx.store.db, actor.name);
      if (approver === (await personBehind(ctx.store.db, proposedBy)))
        throw new UpkeepError('not-allowed', 'four eyes: whoever proposed an action may not approve it');
    }
    return ctx.actor.approve(id, input.digest, actor.name);
  },
});

/** A token has the eyes of whoever made it. */
async function personBehind(tx: Tx, name: string): Promise<string> {
  const all = await tokens.list(tx);
  // Who followed a signed link, and was known by it.
  let person = /^link:[^:]+:(.+)$/.exec(name)?.[1] ?? name;
  for (let step = 0; step <= all.length; step++) {
    const made = all.find((token) => `token:${token.name}` === person);
    if (!made) break;
    person = made.createdBy;
  }
  return person;
}
