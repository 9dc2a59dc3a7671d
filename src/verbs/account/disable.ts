import { z } from 'zod';
import { roles } from '../../core/role.ts';
import * as accounts from '../../store/accounts.ts';
import * as journal from '../../store/journal.ts';
import * as sessions from '../../store/sessions.ts';
import { defineVerb } from '../context.ts';
import { accountNamed, endBeyond, requireAnotherOwner, requireGivable, requireOver } from './over.ts';

const input = z.object({ name: z.string().min(1).max(100).describe('whose') });

export const accountDisable = defineVerb({
  name: 'account.disable',
  summary: 'Lets an account in no more and signs it out everywhere; its tokens end, its history stays',
  scope: 'admin',
  changes: true,
  repeatable: true,
  route: 'POST /accounts/:name/disable',
  positional: ['name'],
  examples: ['upkeep account disable robin'],
  input,
  async run({ ctx, input: { name }, actor }) {
    const now = ctx.clock.now();
    const ended = await ctx.store.transaction(async (tx) => {
      const whose = await accountNamed(tx, name);
      await requireOver(tx, actor, whose);
      await requireAnotherOwner(tx, whose);
      await accounts.setDisabled(tx, whose.id, whose.disabledAt ?? now);
      const endedSessions = await sessions.endOthers(tx, whose.id);
      const revokedTokens = await endBeyond(tx, whose.name, null, now);
      await journal.append(tx, {
        at: now,
        actor: actor.name,
        kind: 'account.disabled',
        subject: `account:${whose.name}`,
        payload: { endedSessions, revokedTokens },
      });
      return { account: whose.name, endedSessions, revokedTokens };
    });
    ctx.changed();
    return ended;
  },
});

export const accountEnable = defineVerb({
  name: 'account.enable',
  summary: 'Lets a disabled account in again; its tokens stay revoked',
  scope: 'admin',
  changes: true,
  repeatable: true,
  route: 'POST /accounts/:name/enable',
  positional: ['name'],
  examples: ['upkeep account enable robin'],
  input,
  async run({ ctx, input: { name }, actor }) {
    const account = await ctx.store.transaction(async (tx) => {
      const whose = await accountNamed(tx, name);
      await requireOver(tx, actor, whose);
      for (const role of roles.filter((one) => one === whose.role)) await requireGivable(tx, actor, role);
      await accounts.setDisabled(tx, whose.id, null);
      await journal.append(tx, {
        at: ctx.clock.now(),
        actor: actor.name,
        kind: 'account.enabled',
        subject: `account:${whose.name}`,
        payload: { role: whose.role },
      });
      return { account: whose.name, role: whose.role };
    });
    ctx.changed();
    return account;
  },
});
