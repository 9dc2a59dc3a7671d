import { z } from 'zod';
import { UpkeepError } from '../../core/verb.ts';
import * as journal from '../../store/journal.ts';
import * as sessions from '../../store/sessions.ts';
import { defineVerb } from '../context.ts';

export const sessionRevoke = defineVerb({
  name: 'session.revoke',
  summary: 'Signs a browser out at once, or all: of your own, and as an admin of anybody',
  scope: 'read',
  changes: true,
  repeatable: true,
  route: 'DELETE /sessions/:id',
  positional: ['id'],
  examples: ['upkeep session revoke all', 'upkeep session revoke 9c1185a5c5e9fc54'],
  input: z.object({ id: z.string().min(1).max(64).describe('id of the session, or all') }),
  async run({ ctx, input, actor }) {
    const accountId = actor.scopes.includes('admin') ? undefined : (actor.account?.id ?? '');
    const ended = await ctx.store.transaction(async (tx) => {
      const count = await sessions.end(tx, input.id, accountId);
      if (count === 0 && input.id !== 'all')
        throw new UpkeepError('not-found', `no session has the id ${input.id}; see upkeep session list`);
      await journal.append(tx, {
        at: ctx.clock.now(),
        actor: actor.name,
        kind: 'session.revoked',
        subject: `session:${input.id}`,
        payload: { ended: count },
      });
      return count;
    });
    ctx.changed();
    return { ended };
  },
});
