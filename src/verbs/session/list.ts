import { z } from 'zod';
import * as sessions from '../../store/sessions.ts';
import { defineVerb } from '../context.ts';

export const sessionList = defineVerb({
  name: 'session.list',
  summary: 'Lists where you are signed in, and to admins where anybody is: browser, address, since when',
  scope: 'read',
  changes: false,
  route: 'GET /sessions',
  positional: [],
  examples: ['upkeep session list'],
  input: z.object({}),
  async run({ ctx, actor }) {
    // Whoever is no admin and nobody by name, as a token, has none of their own.
    const accountId = actor.scopes.includes('admin') ? undefined : (actor.account?.id ?? '');
    const found = await sessions.list(ctx.store.db, {
      now: ctx.clock.now(),
      lifetime: ctx.configuration().access.session,
      ...(accountId === undefined ? {} : { accountId }),
    });
    const own = actor.account && sessions.shownId(actor.account.session);
    return found.map((session) => ({ ...session, isThis: session.id === own }));
  },
});
