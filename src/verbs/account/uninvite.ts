import { z } from 'zod';
import { UpkeepError } from '../../core/verb.ts';
import * as invitations from '../../store/invitations.ts';
import * as journal from '../../store/journal.ts';
import { defineVerb } from '../context.ts';

export const accountUninvite = defineVerb({
  name: 'account.uninvite',
  summary: 'Takes an invitation back; its link makes no account any more',
  scope: 'admin',
  changes: true,
  repeatable: true,
  route: 'DELETE /accounts/invitations/:id',
  positional: ['id'],
  examples: ['upkeep account uninvite 01990d2c-5b1e-7c3a-9d3e-0a1b2c3d4e5f'],
  input: z.object({ id: z.string().min(1).max(64).describe('id of the invitation') }),
  async run({ ctx, input, actor }) {
    await ctx.store.transaction(async (tx) => {
      if ((await invitations.takeBack(tx, { id: input.id })) === 0)
        throw new UpkeepError('not-found', `no invitation ${input.id} waits; see upkeep account invitations`);
      await journal.append(tx, {
        at: ctx.clock.now(),
        actor: actor.name,
        kind: 'account.uninvited',
        subject: `invitation:${input.id}`,
        payload: {},
      });
    });
    ctx.changed();
    return { id: input.id, takenBack: true };
  },
});
