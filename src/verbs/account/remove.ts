import { z } from 'zod';
import * as accounts from '../../store/accounts.ts';
import * as journal from '../../store/journal.ts';
import { defineVerb } from '../context.ts';
import { accountNamed, endBeyond, requireAnotherOwner, requireOver } from './over.ts';

export const accountRemove = defineVerb({
  name: 'account.remove',
  summary: 'Removes an account with its sessions and tokens; what it did stays in the journal',
  scope: 'admin',
  changes: true,
  repeatable: true,
  route: 'DELETE /accounts/:name',
  positional: ['name'],
  examples: ['upkeep account remove robin'],
  input: z.object({ name: z.string().min(1).max(100).describe('whose') }),
  async run({ ctx, input, actor }) {
    const now = ctx.clock.now();
    const removed = await ctx.store.transaction(async (tx) => {
      const whose = await accountNamed(tx, input.name);
      await requireOver(tx, actor, whose);
      await requireAnotherOwner(tx, whose);
      const revokedTokens = await endBeyond(tx, whose.name, null, now);
      await accounts.remove(tx, whose.id);
      await journal.append(tx, {
        at: now,
        actor: actor.name,
        kind: 'account.removed',
        subject: `account:${whose.name}`,
        payload: { role: whose.role, revokedTokens },
      });
      return { account: whose.name, removed: true, revokedTokens };
    });
    ctx.changed();
    return removed;
  },
});
