import { z } from 'zod';
import { unknownName } from '../../core/suggest.ts';
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
  examples: ['upkeep token revoke ci', 'upkeep token revoke 01990d2c'],
  input: z.object({ id: z.string().min(1).describe('its name, or its id or the beginning of it') }),
  async run({ ctx, input, actor }) {
    const { id, name } = await ctx.store.transaction(async (tx) => {
      const meant = tokenMeant(
        input.id,
        (await tokens.list(tx)).filter(({ revokedAt }) => revokedAt === null),
      );
      await tokens.revoke(tx, meant.id, ctx.clock.now());
      await journal.append(tx, {
        at: ctx.clock.now(),
        actor: actor.name,
        kind: 'token.revoked',
        subject: `token:${meant.id}`,
        payload: { name: meant.name },
      });
      return meant;
    });
    ctx.changed();
    return { id, name, revoked: true };
  },
});

/** Long enough that a name is seldom taken for the beginning of an id. */
const shortestId = 4;

/** By name, else by id; @throws UpkeepError where it is none of those that hold, or the beginning of several. */
function tokenMeant(given: string, holding: readonly tokens.Token[]): tokens.Token {
  const named = holding.find(({ name }) => name.toLowerCase() === given.toLowerCase());
  if (named) return named;
  const begun = holding.filter(
    ({ id }) => id === given || (given.length >= shortestId && id.startsWith(given)),
  );
  const [found, another] = begun;
  if (another)
    throw new UpkeepError(
      'bad-input',
      `id: ${given} begins the ids of ${begun.length} tokens; write more of it`,
    );
  if (found) return found;
  throw new UpkeepError(
    'not-found',
    unknownName(
      'token that holds',
      given,
      holding.map(({ name }) => name),
    ),
  );
}
