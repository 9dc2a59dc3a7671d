import { z } from 'zod';
import * as accounts from '../../store/accounts.ts';
import { defineVerb } from '../context.ts';

export const sessionList = defineVerb({
  name: 'session.list',
  summary: 'Lists who is signed in to the dashboard, from which browser and since when',
  scope: 'admin',
  changes: false,
  route: 'GET /sessions',
  positional: [],
  examples: ['upkeep session list'],
  input: z.object({}),
  run: ({ ctx }) => accounts.listSessions(ctx.store.db, ctx.clock.now()),
});
