import { z } from 'zod';
import * as tokens from '../../store/tokens.ts';
import { defineVerb } from '../context.ts';

export const tokenList = defineVerb({
  name: 'token.list',
  summary: 'Lists API tokens, without their secrets',
  scope: 'admin',
  changes: false,
  route: 'GET /tokens',
  positional: [],
  examples: ['upkeep token list'],
  input: z.object({}),
  run: ({ ctx }) => tokens.list(ctx.store.db),
});
