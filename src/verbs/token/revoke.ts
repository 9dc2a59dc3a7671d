import { z } from 'zod';
import { UpkeepError } from '../../core/verb.ts';
import * as journal from '../../store/journal.ts';
import * as tokens from '../../store/tokens.ts';
import { defineVerb } from '../context.ts';

export const tokenRevoke = defineVerb({
  name: 'token.revoke',
  summary: 'Takes an API token back at once',
  scope: 'admin',
  changes: true,
  repeatable: true,
  route: 'DELETE /tokens/:id',
  positional: ['id'],
  examples: ['upkeep token revoke 01990d2c'],
  input: z.object({ id: z.string().describe('id of the token') }),
  async run({ ctx, input, actor }) {
    await ctx.store.transaction(async (tx) => {
      if (!(await tokens.revoke(tx, input.id, ctx.clock.now())))
        throw new UpkeepError('not-found', `no token has the id ${input.id}`);
      await journal.append(tx, {
        at: ctx.clock.now(),
        actor: actor.name,
        kind: 'token.revoked',
        subject: `token:${input.id}`,
        payload: {},
      });
    });
    ctx.changed();
    return { id: input.id, revoked: true };
  },
});
