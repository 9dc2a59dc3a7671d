import { z } from 'zod';
import { hintFor } from '../../core/suggest.ts';
import { type Scope, scopes, UpkeepError } from '../../core/verb.ts';
import * as journal from '../../store/journal.ts';
import * as tokens from '../../store/tokens.ts';
import { defineVerb } from '../context.ts';

export const tokenCreate = defineVerb({
  name: 'token.create',
  summary: 'Makes an API token; its secret is shown this once',
  scope: 'admin',
  changes: true,
  credential: true,
  route: 'POST /tokens',
  positional: ['name'],
  examples: ['upkeep token create ci --scopes read,operate'],
  input: z.object({
    name: z
      .string()
      .trim()
      .min(1)
      .max(60)
      .regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u, 'has characters that cannot be seen')
      .describe('what it is for; taken by one token at a time'),
    scopes: z
      .union([z.array(z.string()), z.string()])
      .default('read')
      .describe('read, push, operate, act, approve, admin, with commas between; none that you lack'),
  }),
  async run({ ctx, input, actor }) {
    const granted = scopesOf(input.scopes);
    const lacking = granted.filter((scope) => !actor.scopes.includes(scope));
    if (lacking.length > 0)
      throw new UpkeepError('not-allowed', `${actor.name} cannot give the scope ${lacking[0]} that it lacks`);
    const secret = `upk_${ctx.newSecret()}`;
    const id = ctx.newId();
    await ctx.store.transaction(async (tx) => {
      // The journal and the rule of four eyes tell tokens apart by their names.
      if (await tokens.byName(tx, input.name))
        throw new UpkeepError(
          'conflict',
          `there is a token ${input.name}; revoke it first or choose another name`,
        );
      await tokens.insert(tx, {
        id,
        name: input.name,
        hash: ctx.digest(secret),
        scopes: granted,
        createdAt: ctx.clock.now(),
        createdBy: actor.name,
      });
      await journal.append(tx, {
        at: ctx.clock.now(),
        actor: actor.name,
        kind: 'token.created',
        subject: `token:${id}`,
        payload: { name: input.name, scopes: granted },
      });
    });
    ctx.changed();
    return { id, name: input.name, scopes: granted, token: secret };
  },
});

const listOfScopes = z.array(z.enum(scopes)).min(1);

/** As a list, or as text with commas; each once. */
function scopesOf(given: string | readonly string[]): Scope[] {
  const words = typeof given === 'string' ? given.split(',').map((word) => word.trim()) : given;
  const parsed = listOfScopes.safeParse(words.filter((word) => word !== ''));
  const stranger = words.find((word) => word !== '' && !listOfScopes.safeParse([word]).success);
  if (stranger !== undefined)
    throw new UpkeepError(
      'bad-input',
      `scopes: there is no scope ${JSON.stringify(stranger)}; ${hintFor(stranger, scopes)}`,
    );
  if (!parsed.success)
    throw new UpkeepError('bad-input', `scopes: name at least one of ${scopes.join(', ')}, and nothing else`);
  return scopes.filter((scope) => parsed.data.includes(scope));
}
