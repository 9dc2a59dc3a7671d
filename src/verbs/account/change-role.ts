import { z } from 'zod';
import { roles } from '../../core/role.ts';
import * as accounts from '../../store/accounts.ts';
import * as journal from '../../store/journal.ts';
import { defineVerb } from '../context.ts';
import { accountNamed, endBeyond, requireAnotherOwner, requireGivable, requireOver } from './over.ts';

export const accountRole = defineVerb({
  name: 'account.role',
  summary: 'Gives an account another role, at once and in the browsers where it is signed in',
  scope: 'admin',
  changes: true,
  repeatable: true,
  route: 'POST /accounts/:name/role',
  positional: ['name', 'role'],
  examples: ['upkeep account role robin approver'],
  input: z.object({
    name: z.string().min(1).max(100).describe('whose'),
    role: z.enum(roles).describe('viewer, operator, approver, admin or owner'),
  }),
  async run({ ctx, input, actor }) {
    const now = ctx.clock.now();
    const changed = await ctx.store.transaction(async (tx) => {
      const whose = await accountNamed(tx, input.name);
      await requireOver(tx, actor, whose);
      await requireGivable(tx, actor, input.role);
      if (input.role !== 'owner') await requireAnotherOwner(tx, whose);
      await accounts.setRole(tx, whose.id, input.role);
      const revokedTokens = await endBeyond(tx, whose.name, input.role, now);
      await journal.append(tx, {
        at: now,
        actor: actor.name,
        kind: 'account.role-changed',
        subject: `account:${whose.name}`,
        payload: { from: whose.role, to: input.role, revokedTokens },
      });
      return { account: whose.name, from: whose.role, role: input.role, revokedTokens };
    });
    ctx.changed();
    return changed;
  },
});
