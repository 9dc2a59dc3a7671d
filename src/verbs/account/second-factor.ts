import { z } from 'zod';
import { UpkeepError } from '../../core/verb.ts';
import * as journal from '../../store/journal.ts';
import * as factors from '../../store/second-factor.ts';
import * as sessions from '../../store/sessions.ts';
import { defineVerb } from '../context.ts';
import { accountNamed, requireOver } from './over.ts';

export const accountSecondFactorOff = defineVerb({
  name: 'account.second-factor-off',
  summary:
    'For somebody who lost their app and recovery codes: no code is asked for until they set it up anew',
  scope: 'admin',
  changes: true,
  credential: true,
  route: 'DELETE /accounts/:name/second-factor',
  positional: ['name'],
  examples: ['upkeep account second-factor-off robin'],
  input: z.object({ name: z.string().min(1).max(100).describe('whose') }),
  async run({ ctx, input, actor }) {
    const account = await ctx.store.transaction(async (tx) => {
      const whose = await accountNamed(tx, input.name);
      if (actor.account?.id === whose.id)
        throw new UpkeepError(
          'not-allowed',
          'turn your own off in the settings, with your password and a code',
        );
      await requireOver(tx, actor, whose);
      if (!(await factors.turnOff(tx, whose.id)))
        throw new UpkeepError('conflict', `${whose.name} has no second factor`);
      const endedSessions = await sessions.endOthers(tx, whose.id);
      await journal.append(tx, {
        at: ctx.clock.now(),
        actor: actor.name,
        kind: 'second-factor.off',
        subject: `account:${whose.name}`,
        payload: { endedSessions },
      });
      return { account: whose.name, endedSessions };
    });
    ctx.changed();
    return account;
  },
});
