import { z } from 'zod';
import { scopes } from '../../core/verb.ts';
import * as accounts from '../../store/accounts.ts';
import * as journal from '../../store/journal.ts';
import { defineVerb } from '../context.ts';

export const tokenCreate = defineVerb({
  name: 'token.create',
  summary: 'Makes an API token; its secret is shown this once',
  scope: 'admin',
  changes: true,
  route: 'POST /tokens',
  positional: ['name'],
  examples: ['upkeep token create ci --scopes read,operate'],
  input: z.object({
    name: z.string().min(1).max(60).describe('what it is for'),
    scopes: z
      .preprocess(
        (value) => (typeof value === 'string' ? value.split(',') : value),
        z.array(z.enum(scopes)).min(1),
      )
      .default(['read'])
      .describe('read, operate, approve, admin'),
  }),
  async run({ ctx, input, actor }) {
    const secret = `upk_${ctx.newSecret()}`;
    const id = ctx.newId();
    await ctx.store.transaction(async (tx) => {
      await accounts.insertToken(tx, {
        id,
        name: input.name,
        hash: ctx.digest(secret),
        scopes: input.scopes,
        createdAt: ctx.clock.now(),
        createdBy: actor.name,
      });
      await journal.append(tx, {
        at: ctx.clock.now(),
        actor: actor.name,
        kind: 'token.created',
        subject: `token:${id}`,
        payload: { name: input.name, scopes: input.scopes },
      });
    });
    ctx.changed();
    return { id, name: input.name, scopes: input.scopes, token: secret };
  },
});
